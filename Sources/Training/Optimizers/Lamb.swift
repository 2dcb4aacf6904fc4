public import JSON
public import Kernels
public import Layers
public import Tensors

/// Adam's direction with a length that follows the weights': made for large batches.
///
/// - Formula: with Adam's corrected moments `m̂`, `v̂` the direction is `r = m̂ / (√v̂ + ε)`, and `w −= rate · ‖w‖ / ‖r‖ · r`;
///   the quotient is 1 where one of the norms is 0.
///
/// See [You et al. 2019](https://arxiv.org/abs/1904.00962). As in Keras weight decay is not part of the direction.
public struct Lamb: Optimizer {
  public static let name = "lamb"

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

  public func with(momentum: Float) -> (any Optimizer)? {
    var other = self
    other.moments.beta1 = momentum
    return other
  }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    let rule = UpdateRule.lambDirection(
      momentumCorrection: Float(1 / step.gathered(moments.beta1)),
      velocityCorrection: Float(1 / step.gathered(moments.beta2)), beta1: moments.beta1, beta2: moments.beta2,
      epsilon: moments.epsilon)
    var direction = Tensor(zeros: weights.shape, in: device.buffers)
    device.update(&direction, &state, gradient: gradient, by: rule)
    let lengths = (
      weights: device.squaredNorm(weights).squareRoot(), direction: device.squaredNorm(direction).squareRoot()
    )
    let trust = lengths.weights > 0 && lengths.direction > 0 ? lengths.weights / lengths.direction : 1
    device.add(direction, scaledBy: Float(-step.rate * trust), to: &weights)
  }
}
