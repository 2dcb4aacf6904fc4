public import JSON
public import Kernels
public import Tensors

/// Runs a convolution backwards: every pixel of the input spreads a window over the output.
///
/// - Input: `[batch, height, width, channels]`
/// - Output: `[batch, height · stride, width · stride, filters]` for `.same` padding, for `.valid`
///   `height · stride + max(reach − stride, 0)` rows, with `reach = (kernel − 1) · dilation + 1`; `outputPadding` sets the
///   extents of both to `(height − 1) · stride + reach − 2 · pad + outputPadding`, with `pad = reach / 2` for `.same`, 0 for
///   `.valid`
/// - Parameters: `kernel` `[kernelHeight, kernelWidth, filters, channels]`, `bias` `[filters]`
///
/// Its forward pass is the image gradient of the convolution with the same kernel, and the other way round.
/// See [A guide to convolution arithmetic](https://arxiv.org/abs/1603.07285), chapter 4.
public struct Conv2DTranspose: UnaryLayer {
  public static let kind = "Conv2DTranspose"

  /// The number of output channels.
  public var filters: Int
  public var kernelSize: Size
  public var strides: Size
  public var padding: Padding
  /// How many rows and columns more than the smallest output there are: below the strides. Nil: the layer's own choice.
  public var outputPadding: Size?
  public var dilationRate: Size
  public var activation: ActivationFunction
  public var usesBias: Bool
  public var kernelInitializer: Initializer
  public var biasInitializer: Initializer
  public var kernelRegularizer: Regularizer?
  public var biasRegularizer: Regularizer?
  public var kernelConstraint: Constraint?
  public var biasConstraint: Constraint?

  public init(
    filters: Int, kernelSize: Size, strides: Size = Size(1, 1), padding: Padding = .valid, outputPadding: Size? = nil,
    dilationRate: Size = Size(1, 1), activation: ActivationFunction = .linear, usesBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil
  ) {
    self.filters = filters
    self.kernelSize = kernelSize
    self.strides = strides
    self.padding = padding
    self.outputPadding = outputPadding
    self.dilationRate = dilationRate
    self.activation = activation
    self.usesBias = usesBias
    self.kernelInitializer = kernelInitializer
    self.biasInitializer = biasInitializer
    self.kernelRegularizer = kernelRegularizer
    self.biasRegularizer = biasRegularizer
  }

  /// The convolution that this layer runs backwards: from its output to its input. Nil if there is none.
  public func geometry(for input: Shape) -> ConvolutionGeometry? {
    guard input.rank == 3, input.dimensions.allSatisfy({ $0 > 0 }) else { return nil }
    guard
      let rows = Extent(
        input: input[0], kernel: kernelSize.height, stride: strides.height, dilation: dilationRate.height,
        padding: padding, outputPadding: outputPadding?.height),
      let columns = Extent(
        input: input[1], kernel: kernelSize.width, stride: strides.width, dilation: dilationRate.width,
        padding: padding, outputPadding: outputPadding?.width),
      let window = Window(
        inputHeight: rows.output, inputWidth: columns.output, kernelHeight: kernelSize.height,
        kernelWidth: kernelSize.width, strideHeight: strides.height, strideWidth: strides.width,
        dilationHeight: dilationRate.height, dilationWidth: dilationRate.width,
        padding: .explicit(top: rows.before, bottom: rows.after, left: columns.before, right: columns.after)),
      window.outputHeight == input[0], window.outputWidth == input[1]
    else { return nil }
    return ConvolutionGeometry(window: window, inputChannels: filters, outputChannels: input[2])
  }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    let image = try input.image(for: Self.kind)
    guard let geometry = geometry(for: input) else {
      throw ShapeError(
        "\(Self.kind) with a window of \(kernelSize), strides \(strides) and output padding "
          + "\(outputPadding.map(\.description) ?? "none") cannot enlarge an image of \(Size(image.height, image.width))"
      )
    }
    return [geometry.inputHeight, geometry.inputWidth, filters]
  }

  public func parameterSpecs(for input: Shape) -> [ParameterSpec] {
    let kernel = ParameterSpec(
      "kernel", [kernelSize.height, kernelSize.width, filters, input[-1]], initializer: kernelInitializer,
      regularizer: kernelRegularizer, constraint: kernelConstraint)
    let bias = ParameterSpec(
      "bias", [filters], initializer: biasInitializer, regularizer: biasRegularizer, constraint: biasConstraint)
    return usesBias ? [kernel, bias] : [kernel]
  }

  public func multiplyAdds(for input: Shape) -> Int { geometry(for: input)?.multiplyAdds ?? 0 }
}

/// How long an axis of the output is, and how much of it the windows reach beyond.
private struct Extent {
  let output: Int
  let before: Int
  let after: Int

  init?(input: Int, kernel: Int, stride: Int, dilation: Int, padding: Padding, outputPadding: Int?) {
    let reach = (kernel - 1) * dilation + 1
    let (product, overflow) = input.multipliedReportingOverflow(by: stride)
    guard !overflow, product <= Int32.max else { return nil }
    let least = product - stride + reach
    switch (padding, outputPadding) {
    case (.valid, nil):
      output = product + max(reach - stride, 0)
      (before, after) = (0, 0)
    case (.valid, let extra?):
      output = least + extra
      (before, after) = (0, 0)
    case (.same, let extra):
      output = extra.map { least - reach / 2 * 2 + $0 } ?? product
      guard output > 0 else { return nil }
      // As TensorFlow pads: what is odd goes after.
      let total = max(0, ((output + stride - 1) / stride - 1) * stride + reach - output)
      before = total / 2
      after = total - before
    }
  }
}

extension Conv2DTranspose {
  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    device.activate(linear(input, parameters, on: device), activation)
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let (device, needs, usesBias) = (context.device, context.needs, usesBias)
    let (geometry, kernel) = (geometry(over: input), parameters[0])  // [kh, kw, f, c]
    let activated = ActivatedOutput(activation, of: linear(input, parameters, on: device), on: device)
    let x = needs.contains(.parameters) ? input : nil
    return Evaluation(output: activated.output) { dOutput in
      let dLinear = activated.gradient(dOutput, on: device)  // [n, i, j, f]
      let dKernel = x.map { device.convolutionKernelGradient(dLinear, $0, geometry) }
      let dBias = usesBias && x != nil ? device.channelSums(dLinear) : nil
      return LayerGradients(
        inputs: [needs.contains(.inputs) ? device.convolution(dLinear, kernel, geometry) : nil],
        parameters: usesBias ? [dKernel, dBias] : [dKernel])
    }
  }

  private func linear(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    let spread = device.convolutionInputGradient(input, parameters[0], geometry(over: input))
    guard usesBias else { return spread }
    return device.scaleAndShift(spread, scale: Tensor(repeating: 1, [filters]), shift: parameters[1])
  }

  private func geometry(over images: Tensor) -> ConvolutionGeometry {
    guard let geometry = geometry(for: images.shape.sample) else {
      preconditionFailure("\(self) cannot take \(images.shape); outputShape says so")
    }
    return geometry
  }
}

extension Conv2DTranspose {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    let shared = try ConvolutionSettings(&reader)
    let outputPadding = try reader.outputPadding()
    self.init(
      filters: try reader.positive("filters"), kernelSize: shared.kernelSize, strides: shared.strides,
      padding: shared.padding, outputPadding: outputPadding, dilationRate: shared.dilationRate,
      activation: shared.activation, usesBias: shared.usesBias,
      kernelInitializer: try reader.initializer("kernel_initializer", default: .glorotUniform),
      biasInitializer: shared.biasInitializer, kernelRegularizer: try reader.regularizer("kernel_regularizer"),
      biasRegularizer: shared.biasRegularizer)
    // What tf.keras' layer inherits from Conv2D and does not use.
    reader.ignore("groups")
    kernelConstraint = try reader.constraint("kernel_constraint", rank: 4)
    biasConstraint = try reader.constraint("bias_constraint", rank: 1)
    try reader.finish()
    if let outputPadding, outputPadding.height >= strides.height || outputPadding.width >= strides.width {
      throw ConfigError(key: "output_padding", "expected less than the strides \(strides), found \(outputPadding)")
    }
  }

  public var config: JSONValue {
    [
      "filters": .integer(filters), "kernel_size": kernelSize.config, "strides": strides.config,
      "padding": .string(padding.rawValue), "data_format": "channels_last", "dilation_rate": dilationRate.config,
      "output_padding": outputPadding?.config ?? nil, "activation": activation.config, "use_bias": .bool(usesBias),
      "kernel_initializer": kernelInitializer.config, "bias_initializer": biasInitializer.config,
      "kernel_regularizer": kernelRegularizer?.config ?? nil, "bias_regularizer": biasRegularizer?.config ?? nil,
      "kernel_constraint": kernelConstraint?.config ?? nil, "bias_constraint": biasConstraint?.config ?? nil,
    ]
  }
}

extension ConfigReader {
  /// Height and width, 0 allowed: a pair, or one number for both.
  fileprivate mutating func outputPadding() throws(ConfigError) -> Size? {
    guard let value = value("output_padding") else { return nil }
    let numbers = (value.arrayValue ?? [value, value]).map(\.intValue)
    guard numbers.count == 2, let height = numbers[0], let width = numbers[1], height >= 0, width >= 0 else {
      throw ConfigError(key: "output_padding", "expected a number from 0 on or two of them, found \(value.text)")
    }
    return Size(height, width)
  }
}
