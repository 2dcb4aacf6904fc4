public import JSON
public import Kernels
public import Layers
public import Tensors

/// Gradient descent with steps of the weights' own unit: each is divided by the running size of gradients and multiplied by
/// that of earlier steps.
///
/// - Formula: `a = ρ a + (1 − ρ) g²`, `s = √(d + ε) g / √(a + ε)`, `d = ρ d + (1 − ρ) s²`, `w −= rate · s`
///
/// See [Zeiler 2012](https://arxiv.org/abs/1212.5701), which has the rate 1; Keras' default is 0.001.
public struct Adadelta: Optimizer {
  public static let name = "adadelta"

  public var settings: OptimizerSettings
  public var rho: Float = 0.95
  public var epsilon: Float = 1e-7

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    settings = try OptimizerSettings(&reader, learningRate: 0.001)
    rho = try reader.share("rho", default: 0.95)
    epsilon = try reader.share("epsilon", default: 1e-7, below: .infinity)
    try reader.finish()
  }

  public var config: JSONValue {
    settings.config(Self.name, ["rho": .shortest(rho), "epsilon": .shortest(epsilon)])
  }

  public var slots: [(name: String, initial: Float)] { [("accumulated_grad", 0), ("accumulated_delta_var", 0)] }

  public var movesEachNumberAlone: Bool { true }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    device.update(
      &weights, &state, gradient: gradient, by: .adadelta(rate: Float(step.rate), rho: rho, epsilon: epsilon))
  }
}
