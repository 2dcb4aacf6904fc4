public import JSON
public import Kernels
public import Tensors

/// Silences a random part of its inputs in training, so that no feature can rely on another being there.
///
/// - Input, output: `[batch, …]`
///
/// In training `y = x · m / (1 − rate)`, where `m` is 0 with probability `rate` and else 1; in inference `y = x`. The factor
/// `1 / (1 − rate)` is applied in training, so that inference needs none.
/// See [Dropout: A Simple Way to Prevent Neural Networks from Overfitting](https://jmlr.org/papers/v15/srivastava14a.html).
public struct Dropout: UnaryLayer, StochasticLayer {
  public static let kind = "Dropout"

  /// The part that is silenced, 0…1.
  public let rate: Float

  /// - Precondition: `rate` is in 0…1.
  public init(rate: Float) {
    precondition((0...1).contains(rate), "a dropout rate is in 0…1, not \(rate)")
    self.rate = rate
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    rate = try reader.dropoutRate()
    // Random numbers come from the run's seed, the step and the sample.
    reader.ignore("seed")
    if let shape = reader.value("noise_shape") {
      throw ConfigError(key: "noise_shape", "expected null, found \(shape.text); SpatialDropout2D drops whole channels")
    }
    try reader.finish()
  }

  public var config: JSONValue { ["rate": .float(rate), "seed": nil, "noise_shape": nil] }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape { input }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor { input }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    guard context.mode == .training, rate > 0 else {
      return Evaluation(output: input, in: context) { dOutput in dOutput }
    }
    let mask = context.dropoutMask(input.shape.sample, rate: rate)
    let device = context.device
    return Evaluation(output: device.multiply(input, mask), in: context) { dOutput in
      device.multiply(dOutput, mask)
    }
  }
}

extension ConfigReader {
  /// The rate of a dropout layer; Keras 1 called it "p".
  mutating func dropoutRate() throws(ConfigError) -> Float {
    let rate = value("p") == nil ? try float("rate") : try float("p")
    guard (0...1).contains(rate) else { throw ConfigError(key: "rate", "expected a number in 0…1, found \(rate)") }
    return rate
  }
}
