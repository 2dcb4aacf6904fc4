public import JSON
public import Kernels
public import Layers
public import Tensors

/// Steps of the same size for every number, in the direction of its momentum.
///
/// - Formula: `w −= rate · sign(β₁ m + (1 − β₁) g)`, then `m = β₂ m + (1 − β₂) g`
///
/// See [Symbolic Discovery of Optimization Algorithms](https://arxiv.org/abs/2302.06675). The paper advises a rate 3 to 10 times
/// smaller than Adam's, and a weight decay as much larger.
public struct Lion: Optimizer {
  public static let name = "lion"

  public var settings: OptimizerSettings
  public var beta1: Float = 0.9
  public var beta2: Float = 0.99

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    settings = try OptimizerSettings(&reader, learningRate: 0.001)
    beta1 = try reader.share("beta_1", default: 0.9)
    beta2 = try reader.share("beta_2", default: 0.99)
    guard beta1 > 0 else {
      throw ConfigError(key: "beta_1", "expected a number above 0; without momentum only signs would be left")
    }
    try reader.finish()
  }

  public var config: JSONValue {
    settings.config(Self.name, ["beta_1": .shortest(beta1), "beta_2": .shortest(beta2)])
  }

  public var slots: [(name: String, initial: Float)] { [("momentum", 0)] }

  public var movesEachNumberAlone: Bool { true }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    device.update(
      &weights, &state, gradient: gradient, by: .lion(rate: Float(step.rate), beta1: beta1, beta2: beta2))
  }
}
