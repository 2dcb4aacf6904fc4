public import JSON
public import Layers
public import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Cross-entropy over classes that counts samples less the surer they are right, so that the hard ones are learned.
///
/// - Outputs: as of `CategoricalCrossentropy`
/// - Formula: `Σⱼ alpha (1 − pⱼ)^gamma · (−tⱼ ln pⱼ)` with `tⱼ` smoothed as there; probabilities are divided by their sum
///
/// See [Lin et al. 2017](https://arxiv.org/abs/1708.02002). Defaults are Keras': `gamma` 2, `alpha` 0.25.
public struct CategoricalFocalCrossentropy: Loss {
  public static let name = "categorical_focal_crossentropy"

  public var alpha: Double
  public var gamma: Double
  public var fromLogits: Bool
  public var labelSmoothing: Float

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    alpha = try reader.positiveNumber("alpha", default: 0.25)
    gamma = try reader.rate("gamma", default: 2)
    fromLogits = try reader.bool("from_logits", default: false)
    labelSmoothing = try reader.labelSmoothing()
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "alpha": .number(alpha), "gamma": .number(gamma), "from_logits": .bool(fromLogits),
      "label_smoothing": .shortest(labelSmoothing),
    ]
  }

  public var takesProbabilities: Bool { !fromLogits }

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkClasses(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    let total = outputs.reduce(0, +)
    let probabilities = fromLogits ? softmax(outputs) : outputs.map { $0 / total }
    let smoothing = Double(labelSmoothing)
    var sum = 0.0
    // With respect to the probabilities first.
    for (unit, p) in probabilities.enumerated() {
      let target = targets[unit] * (1 - smoothing) + smoothing / Double(targets.count)
      let sure = clipped(p)
      sum -= alpha * pow(1 - sure, gamma) * target * log(sure)
      let focusSlope = gamma == 0 ? 0 : gamma * pow(max(1 - p, 1e-15), gamma - 1) * log(sure)
      slopes[unit] = alpha * target * (focusSlope - pow(max(1 - p, 0), gamma) / divisor(p))
    }
    let mean = zip(slopes, probabilities).reduce(0) { $0 + $1.0 * $1.1 }
    for (unit, p) in probabilities.enumerated() {
      slopes[unit] = (slopes[unit] - mean) * (fromLogits ? p : 1 / total)
    }
    return sum
  }
}
