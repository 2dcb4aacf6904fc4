public import Layers
public import Tensors

/// How far outputs fall short of the right side of a margin.
///
/// - Outputs: `[samples, units]`, without an activation or with `tanh`
/// - Formula: `max(1 − t y, 0)`, mean over the units, with `t` −1 or 1; targets 0 and 1 are taken for these
public struct Hinge: PlainLoss {
  public static let name = "hinge"

  public init() {}

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkLabels(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    let (goals, count) = (signs(targets), Double(outputs.count))
    var sum = 0.0
    for (unit, sign) in goals.enumerated() {
      let short = max(1 - sign * outputs[unit], 0)
      sum += short
      slopes[unit] = short > 0 ? -sign / count : 0
    }
    return sum / count
  }
}

/// Targets 0 and 1 as −1 and 1; others as they are.
func signs(_ targets: [Double]) -> [Double] {
  targets.allSatisfy { $0 == 0 || $0 == 1 } ? targets.map { 2 * $0 - 1 } : targets
}
