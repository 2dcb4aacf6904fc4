public import Layers
public import Tensors

/// How far the right class' output falls short of being 1 more than the largest other one.
///
/// - Outputs: `[samples, classes]`, without an activation
/// - Formula: `max(max((1 − t) y) − Σ t y + 1, 0)`, with the right class' `t` 1 and 0 elsewhere
///
/// The maximum runs over the right class too, whose term is 0, as in Keras.
public struct CategoricalHinge: PlainLoss {
  public static let name = "categorical_hinge"

  public init() {}

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkClasses(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    let others = zip(outputs, targets).map { (1 - $1) * $0 }
    let right = zip(outputs, targets).reduce(0) { $0 + $1.0 * $1.1 }
    let largest = others.max() ?? 0
    let short = largest - right + 1
    guard short > 0 else { return short.isNaN ? short : 0 }
    for (unit, target) in targets.enumerated() { slopes[unit] = -target }
    if let rival = others.firstIndex(of: largest) { slopes[rival] += 1 - targets[rival] }
    return short
  }
}
