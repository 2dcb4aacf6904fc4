public import Layers
public import Tensors

/// The mean of squared differences, in the square of the target's unit.
///
/// - Outputs: `[samples, units]`
/// - Formula: `(y − t)²`, mean over the units
public struct MeanSquaredError: PlainLoss {
  public static let name = "mean_squared_error"

  public init() {}

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkNumbers(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    let count = Double(outputs.count)
    var sum = 0.0
    for (unit, target) in targets.enumerated() {
      let error = outputs[unit] - target
      sum += error * error
      slopes[unit] = 2 * error / count
    }
    return sum / count
  }
}
