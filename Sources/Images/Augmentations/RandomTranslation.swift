public import JSON
public import Tensors

/// Moves pictures up or down and to the side. Keras' `RandomTranslation`.
///
/// - `height_factor`, `width_factor`: parts of the picture's height and width, down and to the right, from −1 to 1; a number f
///   stands for −f…f
/// - `fill_mode`, `fill_value`, `interpolation`: see `PixelSampling`
public struct RandomTranslation: Augmentation {
  public static let name = "random_translation"

  public var heightFactor: ClosedRange<Double>
  public var widthFactor: ClosedRange<Double>
  public var sampling: PixelSampling

  public init(
    heightFactor: ClosedRange<Double>, widthFactor: ClosedRange<Double>, sampling: PixelSampling = PixelSampling()
  ) {
    self.heightFactor = heightFactor
    self.widthFactor = widthFactor
    self.sampling = sampling
  }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    heightFactor = try reader.range("height_factor", in: -1...1, single: .eitherWay)
    widthFactor = try reader.range("width_factor", in: -1...1, single: .eitherWay)
    sampling = try PixelSampling(&reader)
    try reader.finish()
  }

  public var config: JSONValue {
    sampling.config([
      "name": .string(Self.name), "height_factor": heightFactor.config, "width_factor": widthFactor.config,
    ])
  }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    let pixels = unsafe Pixels(sample, shape)
    let draws = key.uniform(2)
    var map = AffineMap.identity
    map.b2 = -heightFactor.at(draws[0]) * Double(pixels.height)
    map.a2 = -widthFactor.at(draws[1]) * Double(pixels.width)
    pixels.transform(map, sampling)
  }
}
