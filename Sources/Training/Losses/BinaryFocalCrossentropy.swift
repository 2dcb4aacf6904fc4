public import JSON
public import Layers
public import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Binary cross-entropy that counts outputs less the surer they are right, so that the hard ones are learned.
///
/// - Outputs: as of `BinaryCrossentropy`
/// - Formula: `(1 − pₜ)^gamma · crossentropy` with `pₜ = t p + (1 − t)(1 − p)`, mean over the units; with
///   `apply_class_balancing` times `t alpha + (1 − t)(1 − alpha)`
///
/// See [Lin et al. 2017](https://arxiv.org/abs/1708.02002). Defaults are Keras': `gamma` 2, `alpha` 0.25, no balancing.
public struct BinaryFocalCrossentropy: Loss {
  public static let name = "binary_focal_crossentropy"

  public var appliesClassBalancing: Bool
  public var alpha: Double
  public var gamma: Double
  public var fromLogits: Bool
  public var labelSmoothing: Float

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    appliesClassBalancing = try reader.bool("apply_class_balancing", default: false)
    alpha = try reader.rate("alpha", default: 0.25)
    gamma = try reader.rate("gamma", default: 2)
    fromLogits = try reader.bool("from_logits", default: false)
    labelSmoothing = try reader.labelSmoothing()
    try reader.finish()
    guard alpha <= 1 else { throw ConfigError(key: "alpha", "expected a number from 0 to 1, found \(alpha)") }
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "apply_class_balancing": .bool(appliesClassBalancing), "alpha": .number(alpha),
      "gamma": .number(gamma), "from_logits": .bool(fromLogits), "label_smoothing": .shortest(labelSmoothing),
    ]
  }

  public var takesProbabilities: Bool { !fromLogits }

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkLabels(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    let (count, smoothing) = (Double(outputs.count), Double(labelSmoothing))
    var sum = 0.0
    for (unit, output) in outputs.enumerated() {
      let target = targets[unit] * (1 - smoothing) + 0.5 * smoothing
      let p = fromLogits ? 1 / (1 + exp(-output)) : output
      let sure = clipped(p)
      let entropy = -target * log(sure) - (1 - target) * log(1 - sure)
      let wrong = 1 - (target * p + (1 - target) * (1 - p))
      let focus = pow(wrong, gamma)
      let balance = appliesClassBalancing ? target * alpha + (1 - target) * (1 - alpha) : 1
      sum += balance * focus * entropy
      // Slopes with respect to p, times dp / dx = p (1 − p) for logits.
      let variance = p * (1 - p)
      let (ofEntropy, ofFocus) = fromLogits ? (p - target, variance) : ((p - target) / divisor(variance), 1)
      let focusSlope = gamma == 0 ? 0 : -gamma * pow(max(wrong, 1e-15), gamma - 1) * (2 * target - 1)
      slopes[unit] = balance * (focus * ofEntropy + focusSlope * ofFocus * entropy) / count
    }
    return sum / count
  }
}
