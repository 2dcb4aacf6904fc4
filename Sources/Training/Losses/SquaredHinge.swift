public import Layers
public import Tensors

/// The square of how far outputs fall short of the right side of a margin.
///
/// - Outputs: `[samples, units]`, without an activation or with `tanh`
/// - Formula: `max(1 − t y, 0)²`, mean over the units, with `t` −1 or 1; targets 0 and 1 are taken for these
public struct SquaredHinge: PlainLoss {
  public static let name = "squared_hinge"

  public init() {}

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkLabels(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    let (goals, count) = (signs(targets), Double(outputs.count))
    var sum = 0.0
    for (unit, sign) in goals.enumerated() {
      let short = max(1 - sign * outputs[unit], 0)
      sum += short * short
      slopes[unit] = -2 * short * sign / count
    }
    return sum / count
  }
}
