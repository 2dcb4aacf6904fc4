public import JSON
public import Kernels

/// Lets positive numbers pass and bends negative ones towards `-alpha`.
///
/// - Input and output: any shape
///
/// `x` from 0 on, `alpha · (eˣ − 1)` below. See
/// [Fast and accurate deep network learning by exponential linear units](https://arxiv.org/abs/1511.07289).
public struct ELU: ActivationLayer {
  public static let kind = "ELU"

  public var alpha: Float

  public init(alpha: Float = 1) { self.alpha = alpha }

  public var function: ActivationFunction { .elu(alpha: alpha) }
}

extension ELU {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    self.init(alpha: try reader.float("alpha", default: 1))
    try reader.finish()
  }

  public var config: JSONValue { ["alpha": .float(alpha)] }
}
