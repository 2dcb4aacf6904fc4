public import JSON
public import Kernels
public import Layers
public import Tensors

/// Gradient descent with every number's step divided by the size of all its gradients so far.
///
/// - Formula: `a += g²`, `w −= rate · g / √(a + ε)`, with `a = 0.1` at first
///
/// See [Duchi et al. 2011](https://jmlr.org/papers/v12/duchi11a.html).
public struct Adagrad: Optimizer {
  public static let name = "adagrad"

  public var settings: OptimizerSettings
  public var initialAccumulator: Float = 0.1
  public var epsilon: Float = 1e-7

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    settings = try OptimizerSettings(&reader, learningRate: 0.001)
    initialAccumulator = try reader.share("initial_accumulator_value", default: 0.1, below: .infinity)
    epsilon = try reader.share("epsilon", default: 1e-7, below: .infinity)
    try reader.finish()
  }

  public var config: JSONValue {
    settings.config(
      Self.name,
      ["initial_accumulator_value": .shortest(initialAccumulator), "epsilon": .shortest(epsilon)])
  }

  public var slots: [(name: String, initial: Float)] { [("accumulator", initialAccumulator)] }

  public var movesEachNumberAlone: Bool { true }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    device.update(&weights, &state, gradient: gradient, by: .adagrad(rate: Float(step.rate), epsilon: epsilon))
  }
}
