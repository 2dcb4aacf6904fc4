public import JSON
public import Kernels
public import Tensors

/// Brings each channel to mean 0 and standard deviation 1 with numbers gathered from a data set.
///
/// - Input, output: `[batch, …, channels]`
/// - Parameters, unless mean and variance stand in the configuration: `mean` `[channels]`, `variance` `[channels]` and `count`
///   `[]`, all statistics: no optimiser moves them
///
/// `y = (x − mean) / max(√variance, 1e-7)`; inverted `y = x · max(√variance, 1e-7) + mean`. Unlike `BatchNormalization` it
/// never looks at the batch. EfficientNet carries its ImageNet mean and variance this way, in its weight file.
public struct Normalization: UnaryLayer {
  public static let kind = "Normalization"

  /// Mean and variance that are part of the configuration.
  public struct Constants: Hashable, Sendable {
    /// One number for all channels or one per channel.
    public var mean: [Float]
    public var variance: [Float]

    public init(mean: [Float], variance: [Float]) {
      self.mean = mean
      self.variance = variance
    }
  }

  /// What has a mean and a variance of its own.
  public enum Axis: Hashable, Sendable {
    /// Each channel: Keras' axis −1, or the number of the last axis.
    case channel(index: Int)
    /// The input as a whole: Keras' axis None.
    case none
  }

  public var axis: Axis
  public var constants: Constants?
  /// Whether the layer undoes a normalisation.
  public var isInverted: Bool

  public init(axis: Axis = .channel(index: -1), constants: Constants? = nil, isInverted: Bool = false) {
    self.axis = axis
    self.constants = constants
    self.isInverted = isInverted
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    switch reader.value("axis") {
    case nil: axis = config["axis"] == .null ? .none : .channel(index: -1)
    case .some(let value):
      let list = value.arrayValue ?? [value]
      if list.isEmpty {
        axis = .none
      } else if list.count == 1, let index = list[0].intValue {
        axis = .channel(index: index)
      } else {
        throw ConfigError(key: "axis", "expected the last axis or null, found \(value.text)")
      }
    }
    isInverted = try reader.bool("invert", default: false)
    let mean = try reader.floats("mean")
    let variance = try reader.floats("variance")
    switch (mean, variance) {
    case (nil, nil): constants = nil
    case (let mean?, let variance?): constants = Constants(mean: mean, variance: variance)
    case (nil, _): throw ConfigError(key: "mean", "\"variance\" is given, \"mean\" is not")
    case (_, nil): throw ConfigError(key: "variance", "\"mean\" is given, \"variance\" is not")
    }
    // Keras 2's preview of the layer wrote the type of its statistics.
    reader.ignore("statistics_dtype")
    try reader.finish()
  }

  public var config: JSONValue {
    let axis: JSONValue =
      switch self.axis {
      case .channel(let index): .integer(index)
      case .none: nil
      }
    return [
      "axis": axis, "invert": .bool(isInverted), "mean": constants.map { .floats($0.mean) } ?? nil,
      "variance": constants.map { .floats($0.variance) } ?? nil,
    ]
  }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    if case .channel(let index) = axis {
      // Axes count with the batch, negative ones from the last.
      guard input.rank > 0, index == -1 || index == input.rank else {
        throw ShapeError("axis \(index) of an input \(input) is not its last: only channels can be normalised")
      }
    }
    for values in [constants?.mean, constants?.variance].compactMap(\.self) where values.count > 1 {
      guard axis != .none, input[-1] == values.count else {
        throw ShapeError("mean and variance have \(values.count) numbers, the input is \(input)")
      }
    }
    return input
  }

  public func parameterSpecs(for input: Shape) -> [ParameterSpec] {
    guard constants == nil else { return [] }
    let shape: Shape = axis == .none ? [] : [input[-1]]
    return [
      ParameterSpec("mean", shape, role: .statistic, initializer: .zeros),
      ParameterSpec("variance", shape, role: .statistic, initializer: .ones),
      ParameterSpec("count", [], role: .statistic, initializer: .zeros),
    ]
  }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    let (scale, shift) = affine(parameters, channels: input.shape.rank > 1 ? input.shape[-1] : 1)
    return device.scaleAndShift(input, scale: scale, shift: shift)
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let device = context.device
    let (scale, shift) = affine(parameters, channels: input.shape.rank > 1 ? input.shape[-1] : 1)
    return Evaluation(
      output: device.scaleAndShift(input, scale: scale, shift: shift), parameterCount: parameters.count, in: context
    ) { dOutput in
      device.scaleAndShift(dOutput, scale: scale, shift: Tensor(zeros: scale.shape))
    }
  }

  /// The layer as `x · scale + shift`, per channel.
  func affine(_ parameters: [Tensor], channels: Int) -> (scale: Tensor, shift: Tensor) {
    let mean = constants?.mean ?? parameters[0].elements
    let variance = constants?.variance ?? parameters[1].elements
    let count = max(mean.count, variance.count)
    func at(_ values: [Float], _ index: Int) -> Float { values[values.count == 1 ? 0 : index] }
    let pairs = (0..<count).map { index -> (scale: Float, shift: Float) in
      let deviation = max(at(variance, index).squareRoot(), 1e-7)
      return isInverted ? (deviation, at(mean, index)) : (1 / deviation, -at(mean, index) / deviation)
    }
    return (.perChannel(pairs.map(\.scale), channels), .perChannel(pairs.map(\.shift), channels))
  }
}
