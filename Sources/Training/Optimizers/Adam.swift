public import JSON
public import Kernels
public import Layers
public import Tensors

/// Gradient descent with a step size of its own for every number, from the first two moments of its gradient.
///
/// - Formula: `m += (g − m)(1 − β₁)`, `v += (g² − v)(1 − β₂)`, `α = rate · √(1 − β₂ᵗ) / (1 − β₁ᵗ)`, `w −= α m / (√v + ε)`
///
/// See [Kingma & Ba 2014](https://arxiv.org/abs/1412.6980). As in Keras, ε (1e-7) is the paper's ε̂: it is added to the root
/// before the correction of `v`, and so weighs more in the first steps than in PyTorch.
public struct Adam: Optimizer {
  public static let name = "adam"

  public var learningRate = LearningRateSchedule.constant(0.001)
  public var beta1: Float = 0.9
  public var beta2: Float = 0.999
  public var epsilon: Float = 1e-7
  public var weightDecay: Float = 0

  public init(
    learningRate: LearningRateSchedule = .constant(0.001), beta1: Float = 0.9, beta2: Float = 0.999,
    epsilon: Float = 1e-7
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    (learningRate, weightDecay) = try Self.readBase(&reader, learningRate: 0.001)
    try readMoments(&reader)
    try reader.finish()
  }

  fileprivate mutating func readMoments(_ reader: inout ConfigReader) throws(ConfigError) {
    beta1 = try reader.share("beta_1", default: 0.9)
    beta2 = try reader.share("beta_2", default: 0.999)
    epsilon = try reader.share("epsilon", default: 1e-7, below: .infinity)
    guard try reader.bool("amsgrad", default: false) == false else {
      throw ConfigError(key: "amsgrad", "AMSGrad is not supported; leave it out")
    }
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "learning_rate": learningRate.config, "beta_1": .shortest(beta1),
      "beta_2": .shortest(beta2), "epsilon": .shortest(epsilon), "weight_decay": .shortest(weightDecay),
    ]
  }

  public var slots: [(name: String, initial: Float)] { [("momentum", 0), ("velocity", 0)] }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    let correction =
      (1 - power(Double(beta2), step.update)).squareRoot() / (1 - power(Double(beta1), step.update))
    // The moments change places with variables of their own: one array cannot lend out two of its elements at once.
    var velocity = state.removeLast()
    device.adamUpdate(
      &weights, firstMoment: &state[0], secondMoment: &velocity, gradient: gradient,
      rate: Float(step.rate * correction),
      beta1: beta1, beta2: beta2, epsilon: epsilon)
    state.append(velocity)
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }
}

/// Adam with a weight decay that does not pass through the moments, by default 0.004 as in Keras.
///
/// See [Decoupled Weight Decay Regularization](https://arxiv.org/abs/1711.05101). All parameters decay, biases too.
public struct AdamW: Optimizer {
  public static let name = "adamw"

  private var adam = Adam()

  public init(learningRate: LearningRateSchedule = .constant(0.001), weightDecay: Float = 0.004) {
    adam.learningRate = learningRate
    adam.weightDecay = weightDecay
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    (adam.learningRate, adam.weightDecay) = try Self.readBase(&reader, learningRate: 0.001)
    if config["weight_decay"] == nil { adam.weightDecay = 0.004 }
    try adam.readMoments(&reader)
    try reader.finish()
  }

  public var config: JSONValue {
    guard case .object(var members) = adam.config else { return adam.config }
    members["name"] = .string(Self.name)
    return .object(members)
  }

  public var learningRate: LearningRateSchedule { adam.learningRate }
  public var weightDecay: Float { adam.weightDecay }
  public var slots: [(name: String, initial: Float)] { adam.slots }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    adam.move(&weights, &state, along: gradient, step, on: device)
  }
}
