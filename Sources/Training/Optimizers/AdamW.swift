public import JSON
public import Kernels
public import Layers
public import Tensors

/// Adam with a weight decay that does not pass through the moments, by default 0.004 as in Keras.
///
/// See [Decoupled Weight Decay Regularization](https://arxiv.org/abs/1711.05101). All parameters decay, biases too.
public struct AdamW: Optimizer {
  public static let name = "adamw"

  private var adam: Adam

  public init(learningRate: LearningRateSchedule = .constant(0.001), weightDecay: Float = 0.004) {
    adam = Adam(learningRate: learningRate)
    adam.settings.weightDecay = weightDecay
  }

  public init(config: JSONValue) throws(ConfigError) {
    // Keras' null means none.
    let standard: Float = config["weight_decay"] == nil ? 0.004 : 0
    adam = try Adam(config, name: Self.name, weightDecay: standard)
  }

  public var config: JSONValue { adam.config(Self.name) }

  public var settings: OptimizerSettings {
    get { adam.settings }
    set { adam.settings = newValue }
  }

  public var slots: [(name: String, initial: Float)] { adam.slots }

  public func with(momentum: Float) -> (any Optimizer)? {
    var other = self
    other.adam.moments.beta1 = momentum
    return other
  }

  public var movesEachNumberAlone: Bool { true }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    adam.move(&weights, &state, along: gradient, step, on: device)
  }
}
