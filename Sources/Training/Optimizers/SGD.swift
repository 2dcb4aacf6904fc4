public import JSON
public import Kernels
public import Layers
public import Tensors

/// Gradient descent, with momentum if wished.
///
/// - Formula: `w −= rate · g`; with momentum `m = momentum · m − rate · g`, then `w += m`, or with Nesterov's variant
///   `w += momentum · m − rate · g` ([Sutskever et al. 2013](https://proceedings.mlr.press/v28/sutskever13.html)).
public struct SGD: Optimizer {
  public static let name = "sgd"

  public var learningRate = LearningRateSchedule.constant(0.01)
  public var momentum: Float = 0
  public var nesterov = false
  public var weightDecay: Float = 0

  public init(learningRate: LearningRateSchedule = .constant(0.01), momentum: Float = 0, nesterov: Bool = false) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    (learningRate, weightDecay) = try Self.readBase(&reader, learningRate: 0.01)
    momentum = try reader.share("momentum", default: 0)
    nesterov = try reader.bool("nesterov", default: false)
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "learning_rate": learningRate.config, "momentum": .shortest(momentum),
      "nesterov": .bool(nesterov), "weight_decay": .shortest(weightDecay),
    ]
  }

  public var slots: [(name: String, initial: Float)] { momentum == 0 ? [] : [("momentum", 0)] }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    if momentum == 0 {
      device.sgdUpdate(&weights, gradient: gradient, rate: Float(step.rate))
    } else {
      device.sgdUpdate(
        &weights, velocity: &state[0], gradient: gradient, rate: Float(step.rate), momentum: momentum,
        nesterov: nesterov)
    }
  }
}
