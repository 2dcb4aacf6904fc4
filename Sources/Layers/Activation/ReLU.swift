public import JSON
public import Kernels

/// Lets positive numbers pass.
///
/// - Input and output: any shape
///
/// `maxValue` from there on, `x` between `threshold` and `maxValue`, `negativeSlope · (x − threshold)` below `threshold`.
/// See [Rectified linear units improve restricted Boltzmann machines](https://icml.cc/Conferences/2010/papers/432.pdf).
public struct ReLU: ActivationLayer {
  public static let kind = "ReLU"

  /// The largest output, infinite if there is none: 6 makes ReLU6.
  public var maxValue: Float
  public var negativeSlope: Float
  public var threshold: Float

  public init(maxValue: Float = .infinity, negativeSlope: Float = 0, threshold: Float = 0) {
    self.maxValue = maxValue
    self.negativeSlope = negativeSlope
    self.threshold = threshold
  }

  public var function: ActivationFunction {
    .relu(maxValue: maxValue, negativeSlope: negativeSlope, threshold: threshold)
  }
}

extension ReLU {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    self.init(
      maxValue: try reader.float("max_value", default: .infinity),
      negativeSlope: try reader.float("negative_slope", default: 0),
      threshold: try reader.float("threshold", default: 0))
    try reader.finish()
    for (key, value) in [("max_value", maxValue), ("negative_slope", negativeSlope), ("threshold", threshold)]
    where !(value >= 0) {
      throw ConfigError(key: key, "expected 0 or more, found \(value)")
    }
  }

  public var config: JSONValue {
    [
      "max_value": maxValue == .infinity ? nil : .float(maxValue), "negative_slope": .float(negativeSlope),
      "threshold": .float(threshold),
    ]
  }
}
