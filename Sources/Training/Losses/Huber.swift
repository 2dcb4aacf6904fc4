public import JSON
public import Layers
public import Tensors

/// Squared where differences are small, absolute where they are large.
///
/// - Outputs: `[samples, units]`
/// - Formula: `½ (y − t)²` for `|y − t| ≤ delta`, else `delta |y − t| − ½ delta²`, mean over the units
///
/// See [Huber 1964](https://doi.org/10.1214/aoms/1177703732).
public struct Huber: Loss {
  public static let name = "huber"

  /// Where the loss goes over from squared to absolute, in the target's unit.
  public var delta = 1.0

  public init(delta: Double = 1) { self.delta = delta }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    delta = try reader.positiveNumber("delta", default: 1)
    try reader.finish()
  }

  public var config: JSONValue { ["name": .string(Self.name), "delta": .number(delta)] }

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkNumbers(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    let count = Double(outputs.count)
    var sum = 0.0
    for (unit, target) in targets.enumerated() {
      let error = outputs[unit] - target
      sum += abs(error) <= delta ? 0.5 * error * error : delta * abs(error) - 0.5 * delta * delta
      slopes[unit] = min(max(error, -delta), delta) / count
    }
    return sum / count
  }
}
