public import JSON
public import Layers
public import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// How many nats the model is surprised by the right class: for outputs that are probabilities of classes.
///
/// - Outputs: `[samples, classes]`, the result of a softmax, or logits with `from_logits`
/// - Formula: `−Σⱼ tⱼ ln pⱼ`, with `tⱼ = (1 − s)·[j = class] + s / classes` for label smoothing `s`
///   ([Szegedy et al. 2015](https://arxiv.org/abs/1512.00567)), in nats
///
/// Keras' arithmetic: probabilities are divided by their sum and the loss takes them from [1e-7, 1 − 1e-7], so a sample
/// costs 16.1 nats at most. The gradient is that of the unclipped formula, `1/Σp − tⱼ/pⱼ`: behind a softmax it becomes
/// `pⱼ − tⱼ`, also where a wrong answer is so sure that clipping would leave no gradient to learn from.
public struct CategoricalCrossentropy: Loss {
  public static let name = "categorical_crossentropy"

  public var fromLogits = false
  /// The share of a target that is spread over all classes.
  public var labelSmoothing: Float = 0

  public init(fromLogits: Bool = false, labelSmoothing: Float = 0) {
    self.fromLogits = fromLogits
    self.labelSmoothing = labelSmoothing
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    fromLogits = try reader.bool("from_logits", default: false)
    labelSmoothing = try reader.labelSmoothing()
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "from_logits": .bool(fromLogits),
      "label_smoothing": .shortest(labelSmoothing),
    ]
  }

  public var takesProbabilities: Bool { !fromLogits }

  public func check(output: Shape, targets: Targets) throws(ConfigError) {
    try checkClasses(output, targets)
  }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    crossentropy(outputs, targets, fromLogits: fromLogits, smoothing: Double(labelSmoothing), slopes: &slopes)
  }
}

/// The cross-entropy of one sample.
func crossentropy(
  _ outputs: [Double], _ targets: [Double], fromLogits: Bool, smoothing: Double, slopes: inout [Double]
) -> Double {
  // For logits: the largest and the sum of exponentials above it. For probabilities: their sum.
  let largest = fromLogits ? outputs.max() ?? 0 : 0
  let total = outputs.reduce(0) { $0 + (fromLogits ? exp($1 - largest) : $1) }
  var sum = 0.0
  for (unit, output) in outputs.enumerated() {
    let target = targets[unit] * (1 - smoothing) + smoothing / Double(outputs.count)
    if fromLogits {
      let logarithm = output - largest - log(total)
      sum -= target == 0 ? 0 : target * logarithm
      slopes[unit] = exp(logarithm) - target
    } else {
      sum -= target == 0 ? 0 : target * log(clipped(output / total))
      slopes[unit] = 1 / total - target / divisor(output)
    }
  }
  return sum
}
