public import JSON
public import Kernels
public import Tensors

/// Mixes all numbers along the last axis.
///
/// - Input: `[batch, …, features]`
/// - Output: `[batch, …, units]`
/// - Parameters: `kernel` `[features, units]`, `bias` `[units]`
///
/// `y = activation(x · kernel + bias)`, at every place of the axes between by itself, as in Keras: flatten an image first if its
/// places are to be mixed.
public struct Dense: UnaryLayer {
  public static let kind = "Dense"

  /// The number of outputs.
  public var units: Int
  public var activation: ActivationFunction
  public var usesBias: Bool
  public var kernelInitializer: Initializer
  public var biasInitializer: Initializer
  public var kernelRegularizer: Regularizer?
  public var biasRegularizer: Regularizer?
  public var kernelConstraint: Constraint?
  public var biasConstraint: Constraint?

  public init(
    units: Int, activation: ActivationFunction = .linear, usesBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil
  ) {
    self.units = units
    self.activation = activation
    self.usesBias = usesBias
    self.kernelInitializer = kernelInitializer
    self.biasInitializer = biasInitializer
    self.kernelRegularizer = kernelRegularizer
    self.biasRegularizer = biasRegularizer
  }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank > 0 else { throw ShapeError("Dense takes vectors [features], not single numbers []") }
    return Shape(input.dimensions.dropLast() + [units])
  }

  public func parameterSpecs(for input: Shape) -> [ParameterSpec] {
    let kernel = ParameterSpec(
      "kernel", [input[-1], units], initializer: kernelInitializer, regularizer: kernelRegularizer,
      constraint: kernelConstraint)
    let bias = ParameterSpec(
      "bias", [units], initializer: biasInitializer, regularizer: biasRegularizer, constraint: biasConstraint)
    return usesBias ? [kernel, bias] : [kernel]
  }

  public func multiplyAdds(for input: Shape) -> Int { input.elementCount * units }
}

extension Dense {
  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    let x = input.flattenedToRows
    return ActivatedOutput.output(activation, on: device) { fused in
      device.product(
        x, parameters[0], epilogue: Epilogue(bias: usesBias ? parameters[1] : nil, activation: fused))
    }.reshaped(to: Shape(input.shape.dimensions.dropLast() + [units]))
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let (device, needs, usesBias) = (context.device, context.needs, usesBias)
    let inputShape = input.shape
    let rows = input.flattenedToRows
    let kernel = parameters[0]  // [features, units]
    let activated = ActivatedOutput(activation, on: device) { fused in
      device.product(rows, kernel, epilogue: Epilogue(bias: usesBias ? parameters[1] : nil, activation: fused))
    }  // [rows, units]
    let x = needs.contains(.parameters) ? rows : nil  // [rows, features]
    let output = activated.output.reshaped(to: Shape(inputShape.dimensions.dropLast() + [units]))
    return Evaluation(output: output) { dOutput in
      let dLinear = activated.gradient(dOutput.flattenedToRows, on: device)  // [rows, units]
      let comesInRows = needs.contains(.rows) && kernel.count >= GradientRows.leastCount
      let rows = comesInRows ? x.map { [0: GradientRows($0, dLinear, on: device)] } : nil
      let dKernel = rows == nil ? x.map { device.product($0, dLinear, transposingA: true) } : nil
      let dBias = usesBias && x != nil ? device.channelSums(dLinear) : nil
      let dInput =
        needs.contains(.inputs) ? device.product(dLinear, kernel, transposingB: true).reshaped(to: inputShape) : nil
      return LayerGradients(
        inputs: [dInput], parameters: usesBias ? [dKernel, dBias] : [dKernel], rows: rows ?? [:])
    }
  }
}

extension Tensor {
  /// A matrix whose rows are what lies along the last axis.
  fileprivate var flattenedToRows: Tensor {
    reshaped(to: [shape.dimensions.dropLast().reduce(1, *), shape[-1]])
  }
}

extension Dense {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    self.init(
      units: try reader.positive("units"), activation: try reader.activation(),
      usesBias: try reader.bool("use_bias", default: true),
      kernelInitializer: try reader.initializer("kernel_initializer", default: .glorotUniform),
      biasInitializer: try reader.initializer("bias_initializer", default: .zeros),
      kernelRegularizer: try reader.regularizer("kernel_regularizer"),
      biasRegularizer: try reader.regularizer("bias_regularizer"))
    kernelConstraint = try reader.constraint("kernel_constraint", rank: 2)
    biasConstraint = try reader.constraint("bias_constraint", rank: 1)
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "units": .integer(units), "activation": activation.config, "use_bias": .bool(usesBias),
      "kernel_initializer": kernelInitializer.config, "bias_initializer": biasInitializer.config,
      "kernel_regularizer": kernelRegularizer?.config ?? nil, "bias_regularizer": biasRegularizer?.config ?? nil,
      "kernel_constraint": kernelConstraint?.config ?? nil, "bias_constraint": biasConstraint?.config ?? nil,
    ]
  }
}
