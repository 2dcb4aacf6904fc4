public import JSON
public import Kernels
public import Layers
public import Tensors

/// Gradient descent with every number's step divided by the running size of its gradient.
///
/// - Formula: `v = ρ v + (1 − ρ) g²`, `s = rate · g / √(v + ε)`; `w −= s`, or with momentum `m = momentum · m + s`, `w −= m`;
///   `centered`, the root is that of the variance: with `a = ρ a + (1 − ρ) g` it is `√(v − a² + ε)`.
///
/// Hinton's lecture 6e of [Neural Networks for Machine Learning](https://www.cs.toronto.edu/~hinton/coursera_slides.html). As
/// in Keras, ε (1e-7) stands under the root.
public struct RMSprop: Optimizer {
  public static let name = "rmsprop"

  public var settings: OptimizerSettings
  public var rho: Float = 0.9
  public var momentum: Float = 0
  public var epsilon: Float = 1e-7
  public var isCentered = false

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    settings = try OptimizerSettings(&reader, learningRate: 0.001)
    rho = try reader.share("rho", default: 0.9)
    momentum = try reader.share("momentum", default: 0)
    epsilon = try reader.share("epsilon", default: 1e-7, below: .infinity)
    isCentered = try reader.bool("centered", default: false)
    try reader.finish()
  }

  public var config: JSONValue {
    settings.config(
      Self.name,
      [
        "rho": .shortest(rho), "momentum": .shortest(momentum), "epsilon": .shortest(epsilon),
        "centered": .bool(isCentered),
      ])
  }

  public var slots: [(name: String, initial: Float)] {
    [("velocity", 0)] + (momentum > 0 ? [("momentum", 0)] : []) + (isCentered ? [("average_gradient", 0)] : [])
  }

  public func with(momentum: Float) -> (any Optimizer)? {
    // Without momentum there is no memory that could hold it.
    guard self.momentum > 0, momentum > 0 else { return nil }
    var other = self
    other.momentum = momentum
    return other
  }

  public var movesEachNumberAlone: Bool { true }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    let rule = UpdateRule.rmsprop(
      rate: Float(step.rate), rho: rho, epsilon: epsilon, momentum: momentum, isCentered: isCentered)
    device.update(&weights, &state, gradient: gradient, by: rule)
  }
}
