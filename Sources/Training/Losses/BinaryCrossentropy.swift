public import JSON
public import Layers
public import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// How many nats the model is surprised by yes or no, for each output on its own.
///
/// - Outputs: `[samples, units]`, the result of a sigmoid, or logits with `from_logits`. One unit for two classes, or one
///   unit for each class or label.
/// - Formula: `−t ln p − (1 − t) ln(1 − p)`, mean over the units, in nats, with `t (1 − s) + ½ s` for label smoothing `s`
///
/// As Keras, the loss takes probabilities from [1e-7, 1 − 1e-7]. The gradient is that of the unclipped formula,
/// `(p − t) / (p (1 − p))`, which becomes `p − t` behind a sigmoid.
public struct BinaryCrossentropy: Loss {
  public static let name = "binary_crossentropy"

  public var fromLogits = false
  /// The share of a target that is moved to the middle between yes and no.
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
      "name": .string(Self.name), "from_logits": .bool(fromLogits), "label_smoothing": .shortest(labelSmoothing),
    ]
  }

  public var takesProbabilities: Bool { !fromLogits }

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkLabels(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    let (count, smoothing) = (Double(outputs.count), Double(labelSmoothing))
    var sum = 0.0
    for (unit, output) in outputs.enumerated() {
      let target = targets[unit] * (1 - smoothing) + 0.5 * smoothing
      if fromLogits {
        // ln(1 + e^−|x|) does not overflow.
        sum += max(output, 0) - output * target + log1p(exp(-abs(output)))
        slopes[unit] = (1 / (1 + exp(-output)) - target) / count
      } else {
        let probability = clipped(output)
        sum -= target * log(probability) + (1 - target) * log(1 - probability)
        slopes[unit] = (output - target) / (divisor(output * (1 - output)) * count)
      }
    }
    return sum / count
  }
}
