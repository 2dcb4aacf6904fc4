public import JSON
public import Kernels
public import Tensors

/// Brings every position of a sample to mean 0 and variance 1 over its channels, then scales and shifts it.
///
/// - Input and output: `[batch, …]`
/// - Parameters: `gamma` if `scale`, `beta` if `center`, of the shape of the normalised axes
///
/// `y = gamma · (x − mean) / √(variance + epsilon) + beta`, mean and population variance taken over the normalised axes of
/// each sample. Unlike `BatchNormalization` it never looks at other samples: training and inference compute the same.
/// See [Layer Normalization](https://arxiv.org/abs/1607.06450).
public struct LayerNormalization: UnaryLayer {
  public static let kind = "LayerNormalization"

  /// The normalised axes, the batch's counting as 0, negative ones from the last. They must be the last ones of the input.
  public var axes: [Int]
  /// What keeps the division finite where nothing varies.
  public var epsilon: Float
  /// Whether there is a `beta`.
  public var center: Bool
  /// Whether there is a `gamma`.
  public var scale: Bool
  public var gammaInitializer: Initializer
  public var betaInitializer: Initializer
  public var gammaRegularizer: Regularizer?
  public var betaRegularizer: Regularizer?

  public init(
    axes: [Int] = [-1], epsilon: Float = 0.001, center: Bool = true, scale: Bool = true,
    gammaInitializer: Initializer = .ones, betaInitializer: Initializer = .zeros,
    gammaRegularizer: Regularizer? = nil, betaRegularizer: Regularizer? = nil
  ) {
    self.axes = axes
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
    self.gammaInitializer = gammaInitializer
    self.betaInitializer = betaInitializer
    self.gammaRegularizer = gammaRegularizer
    self.betaRegularizer = betaRegularizer
  }

  /// The extents of the normalised axes of one sample; nil if they are not the last ones.
  private func normalizedShape(of sample: Shape) -> Shape? {
    let rank = sample.rank + 1
    let places = axes.map { $0 < 0 ? $0 + rank : $0 }.sorted()
    guard !places.isEmpty, places.count < rank, places == Array(rank - places.count..<rank) else { return nil }
    return Shape(sample.dimensions.suffix(places.count))
  }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard normalizedShape(of: input) != nil else {
      throw ShapeError("\(Self.kind) takes the last axes of its input, not axes \(axes) of a batch of \(input)")
    }
    return input
  }

  public func parameterSpecs(for input: Shape) -> [ParameterSpec] {
    guard let shape = normalizedShape(of: input) else { return [] }
    let gamma = ParameterSpec("gamma", shape, initializer: gammaInitializer, regularizer: gammaRegularizer)
    let beta = ParameterSpec("beta", shape, initializer: betaInitializer, regularizer: betaRegularizer)
    return (scale ? [gamma] : []) + (center ? [beta] : [])
  }
}

extension LayerNormalization {
  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    let (shape, rows) = (input.shape, rows(of: input))
    let (gamma, beta) = affine(parameters, columns: rows.shape[1])
    let normalized = device.rowsNormalized(rows, epsilon: epsilon).normalized
    return device.scaleAndShift(normalized, scale: gamma, shift: beta).reshaped(to: shape)
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let (device, needs, layer) = (context.device, context.needs, self)
    let (shape, rows) = (input.shape, rows(of: input))
    let (gamma, beta) = affine(parameters, columns: rows.shape[1])
    let parameterShape = parameters.first?.shape
    let (normalized, inverse) = device.rowsNormalized(rows, epsilon: epsilon)
    let output = device.scaleAndShift(normalized, scale: gamma, shift: beta).reshaped(to: shape)
    return Evaluation(output: output) { dOutput in
      let dRows = dOutput.reshaped(to: normalized.shape)
      var dParameters: [Tensor?] = []
      for isGamma in (layer.scale ? [true] : []) + (layer.center ? [false] : []) {
        guard needs.contains(.parameters), let parameterShape else {
          dParameters.append(nil)
          continue
        }
        let sums = isGamma ? device.channelSumsOfProducts(dRows, normalized) : device.channelSums(dRows)
        dParameters.append(sums.reshaped(to: parameterShape))
      }
      var dInput: Tensor?
      if needs.contains(.inputs) {
        let dNormalized = device.scaleAndShift(dRows, scale: gamma, shift: Tensor(zeros: gamma.shape))
        dInput = device.rowsNormalizedGradient(dNormalized, normalized: normalized, inverseDeviations: inverse)
          .reshaped(to: shape)
      }
      return LayerGradients(inputs: [dInput], parameters: dParameters)
    }
  }

  /// One row for each group of numbers that is normalised together.
  private func rows(of input: Tensor) -> Tensor {
    guard let shape = normalizedShape(of: input.shape.sample) else {
      preconditionFailure("\(self) cannot take \(input.shape); outputShape says so")
    }
    return input.reshaped(to: [input.count / max(1, shape.elementCount), shape.elementCount])
  }

  /// Gamma and beta as one row each.
  private func affine(_ parameters: [Tensor], columns: Int) -> (gamma: Tensor, beta: Tensor) {
    let gamma = scale ? parameters[0].reshaped(to: [columns]) : Tensor(repeating: 1, [columns])
    let beta = center ? parameters[scale ? 1 : 0].reshaped(to: [columns]) : Tensor(zeros: [columns])
    return (gamma, beta)
  }
}

extension LayerNormalization {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    let axis = reader.value("axis") ?? -1
    let list = axis.arrayValue ?? [axis]
    let axes = list.compactMap(\.intValue)
    guard axes.count == list.count, !axes.isEmpty else {
      throw ConfigError(key: "axis", "expected an axis or a list of axes, found \(axis.text)")
    }
    self.init(
      axes: axes, epsilon: try reader.float("epsilon", default: 0.001),
      center: try reader.bool("center", default: true),
      scale: try reader.bool("scale", default: true),
      gammaInitializer: try reader.initializer("gamma_initializer", default: .ones),
      betaInitializer: try reader.initializer("beta_initializer", default: .zeros),
      gammaRegularizer: try reader.regularizer("gamma_regularizer"),
      betaRegularizer: try reader.regularizer("beta_regularizer"))
    if try reader.bool("rms_scaling", default: false) {
      throw ConfigError(key: "rms_scaling", "scaling by the root mean square is not supported")
    }
    try reader.finish()
    guard epsilon >= 0 else { throw ConfigError(key: "epsilon", "expected 0 or more, found \(epsilon)") }
  }

  public var config: JSONValue {
    [
      "axis": axes.count == 1 ? .integer(axes[0]) : .array(axes.map { .integer($0) }), "epsilon": .float(epsilon),
      "center": .bool(center), "scale": .bool(scale), "beta_initializer": betaInitializer.config,
      "gamma_initializer": gammaInitializer.config, "beta_regularizer": betaRegularizer?.config ?? nil,
      "gamma_regularizer": gammaRegularizer?.config ?? nil,
    ]
  }
}
