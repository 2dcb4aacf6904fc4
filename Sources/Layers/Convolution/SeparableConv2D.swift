public import JSON
public import Kernels
public import Tensors

/// A depthwise convolution and then a pointwise one, which mixes the channels.
///
/// - Input: `[batch, height, width, channels]`
/// - Output: `[batch, …, …, filters]`, height and width as of `Conv2D`
/// - Parameters: `depthwise_kernel` `[kernelHeight, kernelWidth, channels, depthMultiplier]`,
///   `pointwise_kernel` `[1, 1, channels · depthMultiplier, filters]`, `bias` `[filters]`
///
/// Between the two is neither bias nor activation. See [Xception](https://arxiv.org/abs/1610.02357).
public struct SeparableConv2D: ConvolutionLayer {
  public static let kind = "SeparableConv2D"

  /// The number of output channels.
  public var filters: Int
  public var kernelSize: Size
  public var strides: Size
  public var padding: Padding
  public var dilationRate: Size
  /// The number of depthwise outputs for each channel.
  public var depthMultiplier: Int
  public var activation: ActivationFunction
  public var usesBias: Bool
  public var depthwiseInitializer: Initializer
  public var pointwiseInitializer: Initializer
  public var biasInitializer: Initializer
  public var depthwiseRegularizer: Regularizer?
  public var pointwiseRegularizer: Regularizer?
  public var biasRegularizer: Regularizer?
  public var depthwiseConstraint: Constraint?
  public var pointwiseConstraint: Constraint?
  public var biasConstraint: Constraint?

  public init(
    filters: Int, kernelSize: Size, strides: Size = Size(1, 1), padding: Padding = .valid,
    dilationRate: Size = Size(1, 1), depthMultiplier: Int = 1, activation: ActivationFunction = .linear,
    usesBias: Bool = true, depthwiseInitializer: Initializer = .glorotUniform,
    pointwiseInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    depthwiseRegularizer: Regularizer? = nil, pointwiseRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil
  ) {
    self.filters = filters
    self.kernelSize = kernelSize
    self.strides = strides
    self.padding = padding
    self.dilationRate = dilationRate
    self.depthMultiplier = depthMultiplier
    self.activation = activation
    self.usesBias = usesBias
    self.depthwiseInitializer = depthwiseInitializer
    self.pointwiseInitializer = pointwiseInitializer
    self.biasInitializer = biasInitializer
    self.depthwiseRegularizer = depthwiseRegularizer
    self.pointwiseRegularizer = pointwiseRegularizer
    self.biasRegularizer = biasRegularizer
  }

  /// What the pointwise convolution computes, on the output of the depthwise one, whose window is `window(for: input)`.
  public func pointwiseGeometry(for input: Shape) -> ConvolutionGeometry? {
    guard let window = window(for: input) else { return nil }
    return ConvolutionGeometry(
      inputHeight: window.outputHeight, inputWidth: window.outputWidth, inputChannels: input[2] * depthMultiplier,
      outputChannels: filters, kernelHeight: 1, kernelWidth: 1)
  }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    let window = try checkedWindow(for: input)
    return [window.outputHeight, window.outputWidth, filters]
  }

  public func parameterSpecs(for input: Shape) -> [ParameterSpec] {
    let depthwise = ParameterSpec(
      "depthwise_kernel", [kernelSize.height, kernelSize.width, input[-1], depthMultiplier],
      initializer: depthwiseInitializer, regularizer: depthwiseRegularizer,
      constraint: depthwiseConstraint)
    let pointwise = ParameterSpec(
      "pointwise_kernel", [1, 1, input[-1] * depthMultiplier, filters], initializer: pointwiseInitializer,
      regularizer: pointwiseRegularizer,
      constraint: pointwiseConstraint)
    let bias = ParameterSpec(
      "bias", [filters], initializer: biasInitializer, regularizer: biasRegularizer, constraint: biasConstraint)
    return usesBias ? [depthwise, pointwise, bias] : [depthwise, pointwise]
  }

  public func multiplyAdds(for input: Shape) -> Int {
    guard let pointwise = pointwiseGeometry(for: input) else { return 0 }
    return pointwise.multiplyAdds
      + pointwise.inputHeight * pointwise.inputWidth * pointwise.inputChannels * kernelSize.height * kernelSize.width
  }
}

extension SeparableConv2D {
  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    let middle = device.depthwiseConvolution(input, parameters[0], window(over: input))
    let geometry = pointwiseGeometry(over: input)
    return ActivatedOutput.output(activation, on: device) { fused in
      device.convolution(
        middle, parameters[1], geometry, epilogue: Epilogue(bias: usesBias ? parameters[2] : nil, activation: fused))
    }
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let (device, needs, usesBias, multiplier) = (context.device, context.needs, usesBias, depthMultiplier)
    let (window, geometry) = (window(over: input), pointwiseGeometry(over: input))
    let (depthwise, pointwise) = (parameters[0], parameters[1])  // [kh, kw, c, m] and [1, 1, c · m, f]
    let middle = device.depthwiseConvolution(input, depthwise, window)  // [n, i, j, c · m]
    let activated = ActivatedOutput(activation, on: device) { fused in
      device.convolution(
        middle, pointwise, geometry, epilogue: Epilogue(bias: usesBias ? parameters[2] : nil, activation: fused))
    }  // [n, i, j, f]
    let kept = needs.contains(.parameters) ? (x: input, middle: middle) : nil
    return Evaluation(output: activated.output) { dOutput in
      let dLinear = activated.gradient(dOutput, on: device)  // [n, i, j, f]
      let dMiddle = device.convolutionInputGradient(dLinear, pointwise, geometry)  // [n, i, j, c · m]
      let dDepthwise = kept.map {
        device.depthwiseConvolutionKernelGradient($0.x, dMiddle, multiplier: multiplier, window)
      }
      let dPointwise = kept.map { device.convolutionKernelGradient($0.middle, dLinear, geometry) }
      let dBias = usesBias && kept != nil ? device.channelSums(dLinear) : nil
      return LayerGradients(
        inputs: [
          needs.contains(.inputs) ? device.depthwiseConvolutionInputGradient(dMiddle, depthwise, window) : nil
        ],
        parameters: usesBias ? [dDepthwise, dPointwise, dBias] : [dDepthwise, dPointwise])
    }
  }

  /// The pointwise geometry over images of a shape that `outputShape` has accepted.
  private func pointwiseGeometry(over images: Tensor) -> ConvolutionGeometry {
    guard let geometry = pointwiseGeometry(for: images.shape.sample) else {
      preconditionFailure("\(self) cannot take \(images.shape); outputShape says so")
    }
    return geometry
  }
}

extension SeparableConv2D {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    let shared = try ConvolutionSettings(&reader)
    self.init(
      filters: try reader.positive("filters"), kernelSize: shared.kernelSize, strides: shared.strides,
      padding: shared.padding, dilationRate: shared.dilationRate,
      depthMultiplier: try reader.positive("depth_multiplier", default: 1), activation: shared.activation,
      usesBias: shared.usesBias,
      depthwiseInitializer: try reader.initializer("depthwise_initializer", default: .glorotUniform),
      pointwiseInitializer: try reader.initializer("pointwise_initializer", default: .glorotUniform),
      biasInitializer: shared.biasInitializer,
      depthwiseRegularizer: try reader.regularizer("depthwise_regularizer"),
      pointwiseRegularizer: try reader.regularizer("pointwise_regularizer"), biasRegularizer: shared.biasRegularizer)
    // What tf.keras' layer inherits from Conv2D and does not use.
    reader.ignore("groups", "kernel_initializer", "kernel_regularizer")
    depthwiseConstraint = try reader.constraint("depthwise_constraint", rank: 4)
    pointwiseConstraint = try reader.constraint("pointwise_constraint", rank: 4)
    biasConstraint = try reader.constraint("bias_constraint", rank: 1)
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "filters": .integer(filters), "kernel_size": kernelSize.config, "strides": strides.config,
      "padding": .string(padding.rawValue), "data_format": "channels_last", "dilation_rate": dilationRate.config,
      "depth_multiplier": .integer(depthMultiplier), "activation": activation.config, "use_bias": .bool(usesBias),
      "depthwise_initializer": depthwiseInitializer.config, "pointwise_initializer": pointwiseInitializer.config,
      "bias_initializer": biasInitializer.config,
      "depthwise_regularizer": depthwiseRegularizer?.config ?? nil,
      "pointwise_regularizer": pointwiseRegularizer?.config ?? nil,
      "bias_regularizer": biasRegularizer?.config ?? nil,
      "depthwise_constraint": depthwiseConstraint?.config ?? nil,
      "pointwise_constraint": pointwiseConstraint?.config ?? nil,
      "bias_constraint": biasConstraint?.config ?? nil,
    ]
  }
}
