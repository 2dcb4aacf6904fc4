public import JSON
public import Tensors

/// Takes the colour out of some pictures: `0.2989 R + 0.587 G + 0.114 B` in all three channels. Keras' `RandomGrayscale`.
///
/// - `factor`: the chance of a picture, from 0 to 1; 0.5 unless said otherwise
public struct RandomGrayscale: Augmentation {
  public static let name = "random_grayscale"

  public var factor: Double

  public init(factor: Double = 0.5) { self.factor = factor }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    factor = try reader.number("factor", in: 0...1, default: 0.5)
    try reader.finish()
  }

  public var config: JSONValue {
    ["name": .string(Self.name), "factor": .number(factor)]
  }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    if key.uniform() < factor { unsafe Pixels(sample, shape).blendWithGrey(1) }
  }
}
