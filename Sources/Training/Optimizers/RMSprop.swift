public import JSON
public import Kernels
public import Layers
public import Tensors

/// Gradient descent with every number's step divided by the running size of its gradient.
///
/// - Formula: `v = ρ v + (1 − ρ) g²`, `s = rate · g / √(v + ε)`; `w −= s`, or with momentum `m = momentum · m + s`, `w −= m`
///
/// Hinton's lecture 6e of [Neural Networks for Machine Learning](https://www.cs.toronto.edu/~hinton/coursera_slides.html). As
/// in Keras, ε (1e-7) stands under the root.
public struct RMSprop: Optimizer {
  public static let name = "rmsprop"

  public var learningRate = LearningRateSchedule.constant(0.001)
  public var rho: Float = 0.9
  public var momentum: Float = 0
  public var epsilon: Float = 1e-7
  public var weightDecay: Float = 0

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    (learningRate, weightDecay) = try Self.readBase(&reader, learningRate: 0.001)
    rho = try reader.share("rho", default: 0.9)
    momentum = try reader.share("momentum", default: 0)
    epsilon = try reader.share("epsilon", default: 1e-7, below: .infinity)
    guard try reader.bool("centered", default: false) == false else {
      throw ConfigError(key: "centered", "the centered variant is not supported; leave it out")
    }
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "learning_rate": learningRate.config, "rho": .shortest(rho),
      "momentum": .shortest(momentum), "epsilon": .shortest(epsilon), "weight_decay": .shortest(weightDecay),
    ]
  }

  public var slots: [(name: String, initial: Float)] { [("velocity", 0)] + (momentum > 0 ? [("momentum", 0)] : []) }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    let rate = Float(step.rate)
    state[0].update(with: gradient) { velocity, slope in velocity = rho * velocity + (1 - rho) * (slope * slope) }
    if momentum > 0 {
      let velocity = state[0]
      state[1].update(with: gradient, velocity) { move, slope, velocity in
        move = momentum * move + rate * slope / (velocity + epsilon).squareRoot()
      }
      weights.update(with: state[1]) { weight, move in weight -= move }
    } else {
      weights.update(with: gradient, state[0]) { weight, slope, velocity in
        weight -= rate * slope / (velocity + epsilon).squareRoot()
      }
    }
  }
}

/// Gradient descent with every number's step divided by the size of all its gradients so far.
///
/// - Formula: `a += g²`, `w −= rate · g / √(a + ε)`, with `a = 0.1` at first
///
/// See [Duchi et al. 2011](https://jmlr.org/papers/v12/duchi11a.html).
public struct Adagrad: Optimizer {
  public static let name = "adagrad"

  public var learningRate = LearningRateSchedule.constant(0.001)
  public var initialAccumulator: Float = 0.1
  public var epsilon: Float = 1e-7
  public var weightDecay: Float = 0

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    (learningRate, weightDecay) = try Self.readBase(&reader, learningRate: 0.001)
    initialAccumulator = try reader.share("initial_accumulator_value", default: 0.1, below: .infinity)
    epsilon = try reader.share("epsilon", default: 1e-7, below: .infinity)
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "learning_rate": learningRate.config,
      "initial_accumulator_value": .shortest(initialAccumulator), "epsilon": .shortest(epsilon),
      "weight_decay": .shortest(weightDecay),
    ]
  }

  public var slots: [(name: String, initial: Float)] { [("accumulator", initialAccumulator)] }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    let rate = Float(step.rate)
    state[0].update(with: gradient) { sum, slope in sum += slope * slope }
    weights.update(with: gradient, state[0]) { weight, slope, sum in
      weight -= rate * slope / (sum + epsilon).squareRoot()
    }
  }
}
