public import JSON
public import Kernels
public import Layers
public import Tensors

/// Adam with the largest recent gradient in the place of the second moment.
///
/// - Formula: `m += (g − m)(1 − β₁)`, `u = max(β₂ u, |g|)`, `w −= rate · m / ((1 − β₁ᵗ)(u + ε))`
///
/// Section 7 of [Kingma & Ba 2014](https://arxiv.org/abs/1412.6980).
public struct Adamax: Optimizer {
  public static let name = "adamax"

  public var settings: OptimizerSettings
  public var moments: Moments

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    settings = try OptimizerSettings(&reader, learningRate: 0.001)
    moments = try Moments(&reader)
    try reader.finish()
  }

  public var config: JSONValue { settings.config(Self.name, moments.members) }

  public var slots: [(name: String, initial: Float)] { [("momentum", 0), ("norm", 0)] }

  public func with(momentum: Float) -> (any Optimizer)? {
    var other = self
    other.moments.beta1 = momentum
    return other
  }

  public var movesEachNumberAlone: Bool { true }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    let rule = UpdateRule.adamax(
      rate: Float(step.rate / step.gathered(moments.beta1)), beta1: moments.beta1, beta2: moments.beta2,
      epsilon: moments.epsilon)
    device.update(&weights, &state, gradient: gradient, by: rule)
  }
}
