public import JSON
public import Kernels
public import Layers
public import Tensors

/// Adam with Nesterov's momentum.
///
/// - Formula: with Adam's moments `m`, `v` and `uₜ = β₁(1 − ½ · 0.96ᵗ)`:
///   `m̂ = uₜ₊₁ m / (1 − ∏ᵢ₌₁ᵗ⁺¹ uᵢ) + (1 − uₜ) g / (1 − ∏ᵢ₌₁ᵗ uᵢ)`, `w −= rate · m̂ / (√(v / (1 − β₂ᵗ)) + ε)`
///
/// See [Dozat 2016](https://cs229.stanford.edu/proj2015/054_report.pdf).
public struct Nadam: Optimizer {
  public static let name = "nadam"

  public var settings: OptimizerSettings
  public var moments: Moments

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    settings = try OptimizerSettings(&reader, learningRate: 0.001)
    moments = try Moments(&reader)
    try reader.finish()
  }

  public var config: JSONValue { settings.config(Self.name, moments.members) }

  public var slots: [(name: String, initial: Float)] { [("momentum", 0), ("velocity", 0)] }

  public var movesEachNumberAlone: Bool { true }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    let (now, next) = (warmed(step.update), warmed(step.update + 1))
    let product = product(through: step.update)
    let rule = UpdateRule.nadam(
      momentumFactor: Float(step.rate * next / (1 - product * next)),
      gradientFactor: Float(step.rate * (1 - now) / (1 - product)),
      correction: Float(1 / step.gathered(moments.beta2)), beta1: moments.beta1, beta2: moments.beta2,
      epsilon: moments.epsilon)
    device.update(&weights, &state, gradient: gradient, by: rule)
  }

  /// The momentum of step `t`, which rises to β₁.
  private func warmed(_ t: Int) -> Double { Double.shortest(moments.beta1) * (1 - 0.5 * power(0.96, t)) }

  /// The product of the momenta through step `t`. After a thousand steps 0.96ᵗ no longer shows in a `Double`.
  private func product(through t: Int) -> Double {
    let warming = (1...max(1, min(t, 1000))).reduce(1.0) { $0 * (1 - 0.5 * power(0.96, $1)) }
    return warming * power(.shortest(moments.beta1), t)
  }
}
