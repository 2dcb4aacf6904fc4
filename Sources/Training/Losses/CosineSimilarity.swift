public import Layers
public import Tensors

/// The negative cosine of the angle between outputs and targets: −1 where they point the same way, 1 where opposite ways.
///
/// - Outputs: `[samples, units]`
/// - Formula: `−Σⱼ yⱼ tⱼ / (‖y‖ ‖t‖)`, norms of at least 1e-7
public struct CosineSimilarity: PlainLoss {
  public static let name = "cosine_similarity"

  public init() {}

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkNumbers(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    func norm(_ vector: [Double]) -> Double { max(vector.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-7) }
    let (length, goalLength) = (norm(outputs), norm(targets))
    let cosine = zip(outputs, targets).reduce(0) { $0 + $1.0 * $1.1 } / (length * goalLength)
    for unit in outputs.indices {
      slopes[unit] = -(targets[unit] / goalLength - cosine * outputs[unit] / length) / length
    }
    return -cosine
  }
}
