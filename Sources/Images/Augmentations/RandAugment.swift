public import JSON
public import Tensors

/// A few operations, chosen at random, one after the other
/// ([Cubuk et al. 2019](https://arxiv.org/abs/1909.13719)). Keras' `RandAugment`.
///
/// - `num_ops`: how many; 2 unless said otherwise
/// - `factor`: the range that each one's strength is drawn from, 0 to 1; a number f stands for 0…f; 0.5 unless said otherwise
/// - `interpolation`: see `PixelSampling`
///
/// The operations: none, shear (up to 0.3) and translation (up to 0.45) along either axis, rotation (up to 30°), brightness,
/// colour, contrast and sharpness (each times 0.1 to 1.9), posterization (down to 4 bits), solarization, automatic contrast,
/// equalization. These are the paper's, with torchvision's bounds; Keras' reach further: with a factor of 0.5 it turns pictures by
/// up to 180°.
public struct RandAugment: Augmentation {
  public static let name = "rand_augment"

  public var operationCount: Int
  public var factor: ClosedRange<Double>
  public var interpolation: PixelSampling.Between

  public init(
    operationCount: Int = 2, factor: ClosedRange<Double> = 0...0.5, interpolation: PixelSampling.Between = .bilinear
  ) {
    self.operationCount = operationCount
    self.factor = factor
    self.interpolation = interpolation
  }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    operationCount = try reader.whole("num_ops", in: 1...20, default: 2)
    factor = try reader.range("factor", in: 0...1, single: .upToIt, default: 0...0.5)
    interpolation = try reader.choice("interpolation", default: .bilinear)
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "num_ops": .integer(operationCount), "factor": factor.config,
      "interpolation": .string(interpolation.rawValue),
    ]
  }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    let pixels = unsafe Pixels(sample, shape)
    for number in 0..<operationCount {
      RandomOperation(PictureOperation.allCases, factor, key.folding(UInt64(number)))
        .apply(to: pixels, PixelSampling(interpolation: interpolation))
    }
  }
}

/// One of some operations, or none, with a strength.
struct RandomOperation {
  let operation: PictureOperation?
  let strength: Double

  init(_ operations: [PictureOperation], _ factor: ClosedRange<Double>, _ key: RandomKey) {
    let draws = key.uniform(3)
    let index = min(Int(draws[0] * Float(operations.count + 1)), operations.count)
    operation = index < operations.count ? operations[index] : nil
    strength = factor.at(draws[1]) * (draws[2] > 0.5 ? -1 : 1)
  }

  func apply(to pixels: Pixels, _ sampling: PixelSampling) { operation?.apply(strength, to: pixels, sampling) }
}
