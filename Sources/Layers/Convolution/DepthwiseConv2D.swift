public import JSON
public import Kernels
public import Tensors

/// Slides windows over every channel by itself.
///
/// - Input: `[batch, height, width, channels]`
/// - Output: `[batch, …, …, channels · depthMultiplier]`, height and width as of `Conv2D`
/// - Parameters: `depthwise_kernel` `[kernelHeight, kernelWidth, channels, depthMultiplier]`,
///   `bias` `[channels · depthMultiplier]`
///
/// `y[i, j, c · m + q] = activation(bias[c · m + q] + Σ x[i · stride + k, j · stride + l, c] · kernel[k, l, c, q])` with
/// `m = depthMultiplier`. See [MobileNets](https://arxiv.org/abs/1704.04861).
///
/// tf.keras writes a setting `groups`, which its layer does not use either; it is passed over, and never written, because
/// Keras 3 refuses it.
public struct DepthwiseConv2D: ConvolutionLayer {
  public static let kind = "DepthwiseConv2D"

  public var kernelSize: Size
  public var strides: Size
  public var padding: Padding
  /// The number of outputs for each channel.
  public var depthMultiplier: Int
  public var dilationRate: Size
  public var activation: ActivationFunction
  public var usesBias: Bool
  public var depthwiseInitializer: Initializer
  public var biasInitializer: Initializer
  public var depthwiseRegularizer: Regularizer?
  public var biasRegularizer: Regularizer?
  public var depthwiseConstraint: Constraint?
  public var biasConstraint: Constraint?

  public init(
    kernelSize: Size, strides: Size = Size(1, 1), padding: Padding = .valid, depthMultiplier: Int = 1,
    dilationRate: Size = Size(1, 1), activation: ActivationFunction = .linear, usesBias: Bool = true,
    depthwiseInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    depthwiseRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil
  ) {
    self.kernelSize = kernelSize
    self.strides = strides
    self.padding = padding
    self.depthMultiplier = depthMultiplier
    self.dilationRate = dilationRate
    self.activation = activation
    self.usesBias = usesBias
    self.depthwiseInitializer = depthwiseInitializer
    self.biasInitializer = biasInitializer
    self.depthwiseRegularizer = depthwiseRegularizer
    self.biasRegularizer = biasRegularizer
  }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    let window = try checkedWindow(for: input)
    return [window.outputHeight, window.outputWidth, input[2] * depthMultiplier]
  }

  public func parameterSpecs(for input: Shape) -> [ParameterSpec] {
    let kernel = ParameterSpec(
      "depthwise_kernel", [kernelSize.height, kernelSize.width, input[-1], depthMultiplier],
      initializer: depthwiseInitializer, regularizer: depthwiseRegularizer,
      constraint: depthwiseConstraint)
    let bias = ParameterSpec(
      "bias", [input[-1] * depthMultiplier], initializer: biasInitializer, regularizer: biasRegularizer,
      constraint: biasConstraint)
    return usesBias ? [kernel, bias] : [kernel]
  }

  public func multiplyAdds(for input: Shape) -> Int {
    guard let window = window(for: input) else { return 0 }
    return window.outputHeight * window.outputWidth * kernelSize.height * kernelSize.width * input[2] * depthMultiplier
  }
}

extension DepthwiseConv2D {
  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    let window = window(over: input)
    return ActivatedOutput.output(activation, on: device) { fused in
      device.depthwiseConvolution(
        input, parameters[0], window, epilogue: Epilogue(bias: usesBias ? parameters[1] : nil, activation: fused))
    }
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let (device, needs, usesBias, multiplier) = (context.device, context.needs, usesBias, depthMultiplier)
    let window = window(over: input)
    let kernel = parameters[0]  // [kh, kw, c, m]
    let activated = ActivatedOutput(activation, on: device) { fused in
      device.depthwiseConvolution(
        input, kernel, window, epilogue: Epilogue(bias: usesBias ? parameters[1] : nil, activation: fused))
    }  // [n, i, j, c · m]
    let x = needs.contains(.parameters) ? input : nil  // [n, h, w, c]
    return Evaluation(output: activated.output) { dOutput in
      let dLinear = activated.gradient(dOutput, on: device)  // [n, i, j, c · m]
      let dKernel = x.map { device.depthwiseConvolutionKernelGradient($0, dLinear, multiplier: multiplier, window) }
      let dBias = usesBias && x != nil ? device.channelSums(dLinear) : nil
      return LayerGradients(
        inputs: [needs.contains(.inputs) ? device.depthwiseConvolutionInputGradient(dLinear, kernel, window) : nil],
        parameters: usesBias ? [dKernel, dBias] : [dKernel])
    }
  }
}

extension DepthwiseConv2D {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    let shared = try ConvolutionSettings(&reader)
    self.init(
      kernelSize: shared.kernelSize, strides: shared.strides, padding: shared.padding,
      depthMultiplier: try reader.positive("depth_multiplier", default: 1), dilationRate: shared.dilationRate,
      activation: shared.activation, usesBias: shared.usesBias,
      depthwiseInitializer: try reader.initializer("depthwise_initializer", default: .glorotUniform),
      biasInitializer: shared.biasInitializer,
      depthwiseRegularizer: try reader.regularizer("depthwise_regularizer"), biasRegularizer: shared.biasRegularizer)
    // What tf.keras' layer inherits from Conv2D and does not use.
    reader.ignore("groups", "filters", "kernel_initializer", "kernel_regularizer")
    depthwiseConstraint = try reader.constraint("depthwise_constraint", rank: 4)
    biasConstraint = try reader.constraint("bias_constraint", rank: 1)
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "kernel_size": kernelSize.config, "strides": strides.config, "padding": .string(padding.rawValue),
      "depth_multiplier": .integer(depthMultiplier), "data_format": "channels_last",
      "dilation_rate": dilationRate.config, "activation": activation.config, "use_bias": .bool(usesBias),
      "depthwise_initializer": depthwiseInitializer.config, "bias_initializer": biasInitializer.config,
      "depthwise_regularizer": depthwiseRegularizer?.config ?? nil,
      "bias_regularizer": biasRegularizer?.config ?? nil,
      "depthwise_constraint": depthwiseConstraint?.config ?? nil,
      "bias_constraint": biasConstraint?.config ?? nil,
    ]
  }
}
