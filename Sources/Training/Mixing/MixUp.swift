public import Images
public import JSON
public import Tensors

/// Lays each picture over another of its mini-batch: `λ x + (1 − λ) x′`, and the same of their targets
/// ([Zhang et al. 2017](https://arxiv.org/abs/1710.09412)). Keras' `MixUp`.
///
/// - `alpha`: λ is drawn from Beta(α, α) for each picture; 0.2 unless said otherwise
/// - `probability`: the chance with which a mini-batch is mixed; 1 unless said otherwise
public struct MixUp: SampleMixing {
  public static let name = "mix_up"
  public static let mixesNumbers = true

  public var alpha: Double
  public var probability: Double

  public init(alpha: Double = 0.2, probability: Double = 1) {
    self.alpha = alpha
    self.probability = probability
  }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    alpha = try reader.number("alpha", in: 0.01...100, default: 0.2)
    probability = try reader.number("probability", in: 0...1, default: 1)
    try reader.finish()
  }

  public var config: JSONValue {
    ["name": .string(Self.name), "alpha": .number(alpha), "probability": .number(probability)]
  }

  public func mixture(of count: Int, picture: Shape, key: RandomKey) -> SampleMixture {
    SampleMixture(
      partners: key.folding("partners").permutation(count),
      shares: (0..<count).map { Float(key.folding("share").folding(UInt64($0)).beta(alpha, alpha)) })
  }
}
