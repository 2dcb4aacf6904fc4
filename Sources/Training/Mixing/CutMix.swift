public import Images
public import JSON
public import Tensors

/// Puts a rectangle of another picture of its mini-batch into each; targets are mixed by area
/// ([Yun et al. 2019](https://arxiv.org/abs/1905.04899)). Keras' `CutMix`.
///
/// - `alpha`: the picture's own share λ is drawn from Beta(α, α) for each picture; 1 unless said otherwise, which makes all shares
///   equally likely. Keras calls it `factor`.
/// - `probability`: the chance with which a mini-batch is mixed; 1 unless said otherwise
///
/// The rectangle has √(1 − λ) of the picture's height and width and lies anywhere within it; what counts for the targets is the
/// area that it really has.
public struct CutMix: SampleMixing {
  public static let name = "cut_mix"
  public static let mixesNumbers = false

  public var alpha: Double
  public var probability: Double

  public init(alpha: Double = 1, probability: Double = 1) {
    self.alpha = alpha
    self.probability = probability
  }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    alpha = try reader.number("alpha", in: 0.01...100, default: 1)
    probability = try reader.number("probability", in: 0...1, default: 1)
    try reader.finish()
  }

  public var config: JSONValue {
    ["name": .string(Self.name), "alpha": .number(alpha), "probability": .number(probability)]
  }

  public func mixture(of count: Int, picture: Shape, key: RandomKey) -> SampleMixture {
    let (height, width) = (picture[0], picture[1])
    var shares: [Float] = []
    let boxes = (0..<count).map { sample in
      let own = key.folding("share").folding(UInt64(sample))
      let side = (1 - own.beta(alpha, alpha)).squareRoot()
      let draws = own.folding("place").uniform(2)
      let box = SampleMixture.Box(
        rows: Self.part(of: height, side, draws[0]), columns: Self.part(of: width, side, draws[1]))
      shares.append(1 - Float(box.rows.count * box.columns.count) / Float(height * width))
      return box
    }
    return SampleMixture(partners: key.folding("partners").permutation(count), shares: shares, boxes: boxes)
  }

  /// A stretch of whole pixels at a random place.
  private static func part(of length: Int, _ side: Double, _ draw: Float) -> Range<Int> {
    let part = min(length, Int((side * Double(length)).rounded()))
    let start = min(Int(draw * Float(length - part + 1)), length - part)
    return start..<start + part
  }
}
