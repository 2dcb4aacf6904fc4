public import JSON
public import Tensors

/// Mixes a picture with several versions of itself ([Hendrycks et al. 2019](https://arxiv.org/abs/1912.02781)). Keras' `AugMix`.
///
/// - `num_chains`: versions; 3 unless said otherwise
/// - `chain_depth`: how many operations, some of them none, lead to each; 3 unless said otherwise
/// - `factor`: the range that each operation's strength is drawn from, 0 to 1; a number f stands for 0…f; 0.3 unless said
///   otherwise
/// - `alpha`: of the distributions: the versions' weights are Dirichlet(α), the picture's own share Beta(α, α); 1 unless said
///   otherwise
/// - `all_ops`: whether brightness, colour, contrast and sharpness are among the operations; true unless said otherwise
/// - `interpolation`: see `PixelSampling`
///
/// `m · x + (1 − m) · Σ wₖ chainₖ(x)`. The operations are those of `RandAugment`, with its bounds.
public struct AugMix: Augmentation {
  public static let name = "aug_mix"

  public var chainCount: Int
  public var chainDepth: Int
  public var factor: ClosedRange<Double>
  public var alpha: Double
  public var takesAll: Bool
  public var interpolation: PixelSampling.Between

  public init(
    chainCount: Int = 3, chainDepth: Int = 3, factor: ClosedRange<Double> = 0...0.3, alpha: Double = 1,
    takesAll: Bool = true, interpolation: PixelSampling.Between = .bilinear
  ) {
    self.chainCount = chainCount
    self.chainDepth = chainDepth
    self.factor = factor
    self.alpha = alpha
    self.takesAll = takesAll
    self.interpolation = interpolation
  }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    chainCount = try reader.whole("num_chains", in: 1...20, default: 3)
    chainDepth = try reader.whole("chain_depth", in: 1...20, default: 3)
    factor = try reader.range("factor", in: 0...1, single: .upToIt, default: 0...0.3)
    alpha = try reader.number("alpha", in: 0.01...100, default: 1)
    takesAll = try reader.bool("all_ops", default: true)
    interpolation = try reader.choice("interpolation", default: .bilinear)
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "num_chains": .integer(chainCount), "chain_depth": .integer(chainDepth),
      "factor": factor.config, "alpha": .number(alpha), "all_ops": .bool(takesAll),
      "interpolation": .string(interpolation.rawValue),
    ]
  }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    let pixels = unsafe Pixels(sample, shape)
    let operations = takesAll ? PictureOperation.allCases : PictureOperation.withoutColors
    let own = Float(key.folding("own").beta(alpha, alpha))
    let gammas = (0..<chainCount).map { key.folding("weight").folding(UInt64($0)).gamma(alpha) }
    let sum = gammas.reduce(0, +)
    let count = pixels.count
    unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * count) { memory in
      // The picture as it was, then a version; the sum grows where the picture is.
      let original = unsafe UnsafeMutableBufferPointer(rebasing: memory[..<count])
      let version = unsafe UnsafeMutableBufferPointer(rebasing: memory[count...])
      _ = unsafe memory.initialize(fromContentsOf: Array(sample) + Array(sample))
      for index in 0..<count { pixels[index] *= own }
      for chain in 0..<chainCount {
        _ = unsafe version.update(fromContentsOf: original)
        for step in 0..<chainDepth {
          unsafe RandomOperation(operations, factor, key.folding(UInt64(chain)).folding(UInt64(step)))
            .apply(to: Pixels(version, shape), PixelSampling(interpolation: interpolation))
        }
        let weight = (1 - own) * Float(sum > 0 ? gammas[chain] / sum : 1 / Double(chainCount))
        for index in 0..<count { pixels[index] += weight * (unsafe version[index]) }
      }
    }
    // The weights' sum may be 1 and a bit.
    pixels.map { $0 }
  }
}
