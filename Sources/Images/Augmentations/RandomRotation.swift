public import JSON
public import Tensors

/// Turns pictures about their middle by a random angle. Keras' `RandomRotation`.
///
/// - `factor`: parts of a full turn, counter-clockwise, from −1 to 1; a number f stands for −f…f
/// - `fill_mode`, `fill_value`, `interpolation`: see `PixelSampling`
public struct RandomRotation: Augmentation {
  public static let name = "random_rotation"

  public var factor: ClosedRange<Double>
  public var sampling: PixelSampling

  public init(factor: ClosedRange<Double>, sampling: PixelSampling = PixelSampling()) {
    self.factor = factor
    self.sampling = sampling
  }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    factor = try reader.range("factor", in: -1...1, single: .eitherWay)
    sampling = try PixelSampling(&reader)
    try reader.finish()
  }

  public var config: JSONValue { sampling.config(["name": .string(Self.name), "factor": factor.config]) }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    let pixels = unsafe Pixels(sample, shape)
    let angle = 2 * Double.pi * factor.at(key.uniform(1)[0])
    pixels.transform(.rotation(angle, height: pixels.height, width: pixels.width), sampling)
  }
}
