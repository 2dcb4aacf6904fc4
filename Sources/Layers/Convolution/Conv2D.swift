public import JSON
public import Kernels
public import Tensors

/// Slides `filters` learned windows over an image.
///
/// - Input: `[batch, height, width, channels]`
/// - Output: `[batch, ⌈height / stride⌉, ⌈width / stride⌉, filters]` for `.same` padding,
///   `[batch, ⌊(height − reach) / stride⌋ + 1, …, filters]` for `.valid`, with `reach = (kernel − 1) · dilation + 1`
/// - Parameters: `kernel` `[kernelHeight, kernelWidth, channels / groups, filters]`, `bias` `[filters]`
///
/// `y[i, j, f] = activation(bias[f] + Σ x[i · stride + k · dilation, j · stride + l · dilation, c] · kernel[k, l, c, f])`, where
/// a filter of group `g` sees the channels of group `g` alone.
///
/// With an even window `.same` pads one more row at the bottom than at the top, as TensorFlow does.
/// See [A guide to convolution arithmetic](https://arxiv.org/abs/1603.07285).
public struct Conv2D: ConvolutionLayer {
  public static let kind = "Conv2D"

  /// The number of output channels.
  public var filters: Int
  public var kernelSize: Size
  public var strides: Size
  public var padding: Padding
  public var dilationRate: Size
  /// Into how many groups the channels fall that do not see one another.
  public var groups: Int
  public var activation: ActivationFunction
  public var usesBias: Bool
  public var kernelInitializer: Initializer
  public var biasInitializer: Initializer
  public var kernelRegularizer: Regularizer?
  public var biasRegularizer: Regularizer?
  public var kernelConstraint: Constraint?
  public var biasConstraint: Constraint?

  public init(
    filters: Int, kernelSize: Size, strides: Size = Size(1, 1), padding: Padding = .valid,
    dilationRate: Size = Size(1, 1), groups: Int = 1, activation: ActivationFunction = .linear, usesBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil
  ) {
    self.filters = filters
    self.kernelSize = kernelSize
    self.strides = strides
    self.padding = padding
    self.dilationRate = dilationRate
    self.groups = groups
    self.activation = activation
    self.usesBias = usesBias
    self.kernelInitializer = kernelInitializer
    self.biasInitializer = biasInitializer
    self.kernelRegularizer = kernelRegularizer
    self.biasRegularizer = biasRegularizer
  }

  /// What this layer computes on an image of the shape `[height, width, channels]`; nil if it cannot take it.
  public func geometry(for input: Shape) -> ConvolutionGeometry? {
    guard let window = window(for: input), input[2] % groups == 0, filters % groups == 0 else { return nil }
    return ConvolutionGeometry(window: window, inputChannels: input[2], outputChannels: filters, groups: groups)
  }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    let window = try checkedWindow(for: input)
    guard input[2] % groups == 0 else {
      throw ShapeError("Conv2D cannot divide \(input[2]) channels into \(groups) equal groups")
    }
    guard filters % groups == 0 else {
      throw ShapeError("Conv2D cannot divide \(filters) filters into \(groups) equal groups")
    }
    return [window.outputHeight, window.outputWidth, filters]
  }

  public func parameterSpecs(for input: Shape) -> [ParameterSpec] {
    let kernel = ParameterSpec(
      "kernel", [kernelSize.height, kernelSize.width, input[-1] / groups, filters], initializer: kernelInitializer,
      regularizer: kernelRegularizer, constraint: kernelConstraint)
    let bias = ParameterSpec(
      "bias", [filters], initializer: biasInitializer, regularizer: biasRegularizer, constraint: biasConstraint)
    return usesBias ? [kernel, bias] : [kernel]
  }

  public func multiplyAdds(for input: Shape) -> Int { geometry(for: input)?.multiplyAdds ?? 0 }
}

extension Conv2D {
  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    let geometry = geometry(over: input)
    return ActivatedOutput.output(activation, on: device) { fused in
      device.convolution(
        input, parameters[0], geometry, epilogue: Epilogue(bias: usesBias ? parameters[1] : nil, activation: fused))
    }
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let (device, needs, usesBias) = (context.device, context.needs, usesBias)
    let geometry = geometry(over: input)
    let kernel = parameters[0]  // [kh, kw, c / groups, f]
    let activated = ActivatedOutput(activation, on: device) { fused in
      device.convolution(
        input, kernel, geometry, epilogue: Epilogue(bias: usesBias ? parameters[1] : nil, activation: fused))
    }  // [n, i, j, f]
    let x = needs.contains(.parameters) ? input : nil  // [n, h, w, c]
    return Evaluation(output: activated.output) { dOutput in
      let dLinear = activated.gradient(dOutput, on: device)  // [n, i, j, f]
      let dKernel = x.map { device.convolutionKernelGradient($0, dLinear, geometry) }
      let dBias = usesBias && x != nil ? device.channelSums(dLinear) : nil
      return LayerGradients(
        inputs: [needs.contains(.inputs) ? device.convolutionInputGradient(dLinear, kernel, geometry) : nil],
        parameters: usesBias ? [dKernel, dBias] : [dKernel])
    }
  }

  /// The geometry over images of a shape that `outputShape` has accepted.
  private func geometry(over images: Tensor) -> ConvolutionGeometry {
    guard let geometry = geometry(for: images.shape.sample) else {
      preconditionFailure("\(self) cannot take \(images.shape); outputShape says so")
    }
    return geometry
  }
}

extension Conv2D {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    let shared = try ConvolutionSettings(&reader)
    self.init(
      filters: try reader.positive("filters"), kernelSize: shared.kernelSize, strides: shared.strides,
      padding: shared.padding, dilationRate: shared.dilationRate, groups: try reader.positive("groups", default: 1),
      activation: shared.activation, usesBias: shared.usesBias,
      kernelInitializer: try reader.initializer("kernel_initializer", default: .glorotUniform),
      biasInitializer: shared.biasInitializer, kernelRegularizer: try reader.regularizer("kernel_regularizer"),
      biasRegularizer: shared.biasRegularizer)
    kernelConstraint = try reader.constraint("kernel_constraint", rank: 4)
    biasConstraint = try reader.constraint("bias_constraint", rank: 1)
    try reader.finish()
    guard filters % groups == 0 else {
      throw ConfigError(key: "groups", "\(groups) equal groups of \(filters) filters are not possible")
    }
  }

  public var config: JSONValue {
    [
      "filters": .integer(filters), "kernel_size": kernelSize.config, "strides": strides.config,
      "padding": .string(padding.rawValue), "data_format": "channels_last", "dilation_rate": dilationRate.config,
      "groups": .integer(groups), "activation": activation.config, "use_bias": .bool(usesBias),
      "kernel_initializer": kernelInitializer.config, "bias_initializer": biasInitializer.config,
      "kernel_regularizer": kernelRegularizer?.config ?? nil, "bias_regularizer": biasRegularizer?.config ?? nil,
      "kernel_constraint": kernelConstraint?.config ?? nil, "bias_constraint": biasConstraint?.config ?? nil,
    ]
  }
}
