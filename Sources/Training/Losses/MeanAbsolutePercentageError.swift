public import Layers
public import Tensors

/// The mean of differences as a share of the target, in percent.
///
/// - Outputs: `[samples, units]`
/// - Formula: `100 · |y − t| / max(|t|, ε)`, ε 1e-7, mean over the units. Targets of 0 make it huge.
public struct MeanAbsolutePercentageError: PlainLoss {
  public static let name = "mean_absolute_percentage_error"

  public init() {}

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkNumbers(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    let count = Double(outputs.count)
    var sum = 0.0
    for (unit, target) in targets.enumerated() {
      let (error, size) = (outputs[unit] - target, max(abs(target), 1e-7))
      sum += abs(error) / size
      slopes[unit] = (error > 0 ? 1 : error < 0 ? -1 : 0) * 100 / (size * count)
    }
    return 100 * sum / count
  }
}
