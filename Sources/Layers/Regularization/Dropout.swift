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
  /// The shape of the mask, the batch's axis first: 1 where all places of an axis share their fate, nil where each has its
  /// own. Nil for a mask as large as the input. Samples never share theirs.
  public let noiseShape: [Int?]?

  /// - Precondition: `rate` is in 0…1, and the noise shape, if any, is nil for the batch and 1 or nil elsewhere.
  public init(rate: Float, noiseShape: [Int?]? = nil) {
    precondition((0...1).contains(rate), "a dropout rate is in 0…1, not \(rate)")
    precondition(Self.isPossible(noiseShape), "no noise shape: \(noiseShape ?? [])")
    self.rate = rate
    self.noiseShape = noiseShape
  }

  private static func isPossible(_ shape: [Int?]?) -> Bool {
    guard let shape else { return true }
    return shape.count > 1 && shape[0] == nil && shape.allSatisfy { $0 == nil || $0 == 1 }
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    rate = try reader.dropoutRate()
    // Random numbers come from the run's seed, the step and the sample.
    reader.ignore("seed")
    if let shape = reader.value("noise_shape") {
      noiseShape = shape.arrayValue?.map(\.intValue)
      guard shape.arrayValue?.allSatisfy({ $0.isNull || $0.intValue == 1 }) == true, Self.isPossible(noiseShape) else {
        throw ConfigError(
          key: "noise_shape",
          "expected null, or a list of null for the batch and 1 or null elsewhere, found \(shape.text)")
      }
    } else {
      noiseShape = nil
    }
    try reader.finish()
  }

  public var config: JSONValue {
    let shape = noiseShape.map { JSONValue.array($0.map { $0.map { .integer($0) } ?? nil }) }
    return ["rate": .float(rate), "seed": nil, "noise_shape": shape ?? nil]
  }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    if let noiseShape, noiseShape.count != input.rank + 1 {
      throw ShapeError("\(Self.kind) has a mask of \(noiseShape.count) axes, a batch of \(input) has \(input.rank + 1)")
    }
    return input
  }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor { input }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    guard context.mode == .training, rate > 0 else {
      return Evaluation(output: input, in: context) { dOutput in dOutput }
    }
    let mask = context.dropoutMask(maskShape(for: input.shape.sample), rate: rate)
    let device = context.device
    return Evaluation(output: device.multiply(input, mask), in: context) { dOutput in
      device.multiply(dOutput, mask)
    }
  }
}

extension Dropout {
  /// The extents of a sample's mask.
  private func maskShape(for sample: Shape) -> Shape {
    guard let noiseShape else { return sample }
    return Shape(zip(sample.dimensions, noiseShape.dropFirst()).map { extent, noise in noise ?? extent })
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
