public import JSON
public import Layers
public import Tensors

/// The mean of squared differences, in the square of the target's unit.
///
/// - Outputs: `[samples, units]`
/// - Formula: `(y − t)²`, mean over the units; gradient `2 (y − t)` over units and samples
public struct MeanSquaredError: Loss {
  public static let name = "mean_squared_error"

  public init() {}

  public init(config: JSONValue) throws(ConfigError) {
    let reader = try ConfigReader(config, of: Self.name)
    try reader.finish()
  }

  public var config: JSONValue { ["name": .string(Self.name)] }

  public func check(output: Shape, targets: Targets) throws(ConfigError) {
    try checkVector(output)
    let (units, what) =
      switch targets {
      case .classes(_, let count): (output[0] == 1 ? 1 : count, "\(count) classes")
      case .values(let values): (values.shape[-1], "\(values.shape[-1]) to predict for each sample")
      }
    guard output[0] == units else {
      throw ConfigError(key: "loss", "the model has \(output[0]) outputs, but the data hold \(what)")
    }
  }

  public func evaluate(_ outputs: Tensor, _ targets: Targets) -> LossValue {
    let wanted = targets.numbers(units: outputs.shape[1])
    precondition(wanted.shape == outputs.shape, "targets \(wanted.shape) for outputs \(outputs.shape)")
    let errors = zip(outputs.elements, wanted.elements).map { Double($0) - Double($1) }
    let count = Double(errors.count)
    return LossValue(
      mean: errors.reduce(0) { $0 + $1 * $1 } / count,
      gradient: Tensor(outputs.shape, errors.map { Float(2 * $0 / count) }))
  }
}
