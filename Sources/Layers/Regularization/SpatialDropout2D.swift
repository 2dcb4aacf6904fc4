public import JSON
public import Kernels
public import Tensors

/// Silences whole channels of an image in training. Neighbouring pixels tell much the same, so that dropping single ones as
/// `Dropout` does takes little away.
///
/// - Input, output: `[batch, height, width, channels]`
///
/// In training `y[i, j, c] = x[i, j, c] · m[c] / (1 − rate)`, where `m[c]` is 0 with probability `rate` and else 1.
/// See [Efficient Object Localization Using Convolutional Networks](https://arxiv.org/abs/1411.4280), section 3.2.
public struct SpatialDropout2D: UnaryLayer, StochasticLayer {
  public static let kind = "SpatialDropout2D"

  /// The part of the channels that is silenced, 0…1.
  public let rate: Float

  /// - Precondition: `rate` is in 0…1.
  public init(rate: Float) {
    precondition((0...1).contains(rate), "a dropout rate is in 0…1, not \(rate)")
    self.rate = rate
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    rate = try reader.dropoutRate()
    reader.ignore("seed", "noise_shape")
    try reader.finish()
  }

  public var config: JSONValue { ["rate": .float(rate), "seed": nil, "data_format": "channels_last"] }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    _ = try input.image(for: Self.kind)
    return input
  }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor { input }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    guard context.mode == .training, rate > 0 else {
      return Evaluation(output: input, in: context) { dOutput in dOutput }
    }
    let mask = context.dropoutMask([1, 1, input.shape[3]], rate: rate)
    let device = context.device
    return Evaluation(output: device.multiply(input, mask), in: context) { dOutput in
      device.multiply(dOutput, mask)
    }
  }
}
