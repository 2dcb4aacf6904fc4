public import Layers
public import Tensors

/// The mean of absolute differences, in the target's unit: far-off samples weigh less than with the squared error.
///
/// - Outputs: `[samples, units]`
/// - Formula: `|y − t|`, mean over the units; slope 0 where there is no difference
public struct MeanAbsoluteError: PlainLoss {
  public static let name = "mean_absolute_error"

  public init() {}

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkNumbers(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    let count = Double(outputs.count)
    var sum = 0.0
    for (unit, target) in targets.enumerated() {
      let error = outputs[unit] - target
      sum += abs(error)
      slopes[unit] = (error > 0 ? 1 : error < 0 ? -1 : 0) / count
    }
    return sum / count
  }
}
