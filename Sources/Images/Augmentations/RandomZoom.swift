public import JSON
public import Tensors

/// Enlarges or shrinks pictures about their middle. Keras' `RandomZoom`.
///
/// - `height_factor`, `width_factor`: by how much more of the picture is seen, above −1 to 1; 0.2 shrinks it to 1 / 1.2, −0.2
///   shows four fifths of it, enlarged. A number f stands for −f…f. Without `width_factor` the picture keeps its proportions.
/// - `fill_mode`, `fill_value`, `interpolation`: see `PixelSampling`
public struct RandomZoom: Augmentation {
  public static let name = "random_zoom"

  public var heightFactor: ClosedRange<Double>
  public var widthFactor: ClosedRange<Double>?
  public var sampling: PixelSampling

  public init(
    heightFactor: ClosedRange<Double>, widthFactor: ClosedRange<Double>? = nil,
    sampling: PixelSampling = PixelSampling()
  ) {
    self.heightFactor = heightFactor
    self.widthFactor = widthFactor
    self.sampling = sampling
  }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    let bounds = -0.999...1.0
    heightFactor = try reader.range("height_factor", in: bounds, single: .eitherWay)
    widthFactor =
      try reader.value("width_factor") == nil ? nil : reader.range("width_factor", in: bounds, single: .eitherWay)
    sampling = try PixelSampling(&reader)
    try reader.finish()
  }

  public var config: JSONValue {
    sampling.config([
      "name": .string(Self.name), "height_factor": heightFactor.config, "width_factor": widthFactor?.config ?? .null,
    ])
  }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    let pixels = unsafe Pixels(sample, shape)
    let draws = key.uniform(2)
    let down = 1 + heightFactor.at(draws[0])
    let across = widthFactor.map { 1 + $0.at(draws[1]) } ?? down
    var map = AffineMap.identity
    (map.a0, map.a2) = (across, Double(pixels.width - 1) / 2 * (1 - across))
    (map.b1, map.b2) = (down, Double(pixels.height - 1) / 2 * (1 - down))
    pixels.transform(map, sampling)
  }
}
