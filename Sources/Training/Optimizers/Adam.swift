public import JSON
public import Kernels
public import Layers
public import Tensors

/// Gradient descent with a step size of its own for every number, from the first two moments of its gradient.
///
/// - Formula: `m += (g − m)(1 − β₁)`, `v += (g² − v)(1 − β₂)`, `α = rate · √(1 − β₂ᵗ) / (1 − β₁ᵗ)`, `w −= α m / (√v + ε)`;
///   with `amsgrad` the largest `v` so far stands in its place ([Reddi et al. 2019](https://arxiv.org/abs/1904.09237)).
///
/// See [Kingma & Ba 2014](https://arxiv.org/abs/1412.6980). As in Keras, ε (1e-7) is the paper's ε̂: it is added to the root
/// before the correction of `v`, and so weighs more in the first steps than in PyTorch.
public struct Adam: Optimizer {
  public static let name = "adam"

  public var settings: OptimizerSettings
  public var moments: Moments
  /// Whether steps never grow again once gradients were large.
  public var amsgrad = false

  public init(
    learningRate: LearningRateSchedule = .constant(0.001), beta1: Float = 0.9, beta2: Float = 0.999,
    epsilon: Float = 1e-7
  ) {
    settings = OptimizerSettings(learningRate: learningRate)
    moments = Moments(beta1: beta1, beta2: beta2, epsilon: epsilon)
  }

  public init(config: JSONValue) throws(ConfigError) { try self.init(config, name: Self.name) }

  init(_ config: JSONValue, name: String, weightDecay: Float = 0) throws(ConfigError) {
    var reader = try ConfigReader(config, of: name)
    settings = try OptimizerSettings(&reader, learningRate: 0.001, weightDecay: weightDecay)
    moments = try Moments(&reader)
    amsgrad = try reader.bool("amsgrad", default: false)
    try reader.finish()
  }

  public var config: JSONValue { config(Self.name) }

  func config(_ name: String) -> JSONValue {
    var own = moments.members
    if amsgrad { own["amsgrad"] = true }
    return settings.config(name, own)
  }

  public var slots: [(name: String, initial: Float)] {
    [("momentum", 0), ("velocity", 0)] + (amsgrad ? [("velocity_hat", 0)] : [])
  }

  public func with(momentum: Float) -> (any Optimizer)? {
    var other = self
    other.moments.beta1 = momentum
    return other
  }

  public var movesEachNumberAlone: Bool { true }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    if amsgrad {
      let rate = Float(step.rate * step.gathered(moments.beta2).squareRoot() / step.gathered(moments.beta1))
      let rule = UpdateRule.amsgrad(
        rate: rate, beta1: moments.beta1, beta2: moments.beta2, epsilon: moments.epsilon)
      return device.update(&weights, &state, gradient: gradient, by: rule)
    }
    // The kernel gathers with 1 − β in single precision, where 1 − 0.999 is 0.00099998713: what it has gathered follows from
    // that β, and so does the correction. With 0.999 itself the first steps would be too long by 6e-6.
    let rate = Float(
      step.rate * (1 - power(Double(moments.beta2), step.update)).squareRoot()
        / (1 - power(Double(moments.beta1), step.update)))
    // The moments change places with variables of their own: one array cannot lend out two of its elements at once.
    var velocity = state.removeLast()
    device.adamUpdate(
      &weights, firstMoment: &state[0], secondMoment: &velocity, gradient: gradient, rate: rate,
      beta1: moments.beta1, beta2: moments.beta2, epsilon: moments.epsilon)
    state.append(velocity)
  }
}
