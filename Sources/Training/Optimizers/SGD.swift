public import JSON
public import Kernels
public import Layers
public import Tensors

/// Gradient descent, with momentum if wished.
///
/// - Formula: `w −= rate · g`; with momentum `m = momentum · m − rate · g`, then `w += m`, or with Nesterov's variant
///   `w += momentum · m − rate · g` ([Sutskever et al. 2013](https://proceedings.mlr.press/v28/sutskever13.html)).
/// - With `running_average` momentum is the running average of the gradients: `v = momentum · v + (1 − momentum) · g`,
///   `w −= rate · v`, or with Nesterov's variant `w −= rate · (momentum · v + (1 − momentum) · g)`. At the same rate it moves
///   by `1 − momentum` of what Keras' form moves by, so the rate does not depend on the momentum.
public struct SGD: Optimizer {
  public static let name = "sgd"

  public var settings: OptimizerSettings
  public var momentum: Float = 0
  public var nesterov = false
  /// Whether momentum is a running average of the gradients. Keras has no such setting.
  public var isRunningAverage = false

  public init(learningRate: LearningRateSchedule = .constant(0.01), momentum: Float = 0, nesterov: Bool = false) {
    settings = OptimizerSettings(learningRate: learningRate)
    self.momentum = momentum
    self.nesterov = nesterov
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    settings = try OptimizerSettings(&reader, learningRate: 0.01)
    momentum = try reader.share("momentum", default: 0)
    nesterov = try reader.bool("nesterov", default: false)
    isRunningAverage = try reader.bool("running_average", default: false)
    try reader.finish()
    guard momentum > 0 || !isRunningAverage else {
      throw ConfigError(key: "running_average", "is a kind of momentum; give it a \"momentum\" such as 0.9")
    }
  }

  public var config: JSONValue {
    var own: OrderedDictionary<String, JSONValue> = ["momentum": .shortest(momentum), "nesterov": .bool(nesterov)]
    if isRunningAverage { own["running_average"] = true }
    return settings.config(Self.name, own)
  }

  public var slots: [(name: String, initial: Float)] { momentum == 0 ? [] : [("momentum", 0)] }

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
    let rate = Float(step.rate)
    if momentum == 0 {
      device.sgdUpdate(&weights, gradient: gradient, rate: rate)
    } else if isRunningAverage {
      device.update(
        &weights, &state, gradient: gradient,
        by: .averagedMomentum(rate: rate, beta: momentum, nesterov: nesterov))
    } else {
      device.sgdUpdate(
        &weights, velocity: &state[0], gradient: gradient, rate: rate, momentum: momentum, nesterov: nesterov)
    }
  }
}
