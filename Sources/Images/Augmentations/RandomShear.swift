public import JSON
public import Tensors

/// Slants pictures. Keras' `RandomShear`.
///
/// - `x_factor`, `y_factor`: by how many pixels a row is moved to the side for each row above it, a column down for each column
///   to its left; from −1 to 1, or, with the same chance, both the other way. A number f stands for −f…f.
/// - `fill_mode`, `fill_value`, `interpolation`: see `PixelSampling`
///
/// The upper left pixel stays where it is, as in Keras.
public struct RandomShear: Augmentation {
  public static let name = "random_shear"

  public var xFactor: ClosedRange<Double>
  public var yFactor: ClosedRange<Double>
  public var sampling: PixelSampling

  public init(
    xFactor: ClosedRange<Double> = 0...0, yFactor: ClosedRange<Double> = 0...0,
    sampling: PixelSampling = PixelSampling()
  ) {
    self.xFactor = xFactor
    self.yFactor = yFactor
    self.sampling = sampling
  }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    xFactor = try reader.range("x_factor", in: -1...1, single: .eitherWay, default: 0...0)
    yFactor = try reader.range("y_factor", in: -1...1, single: .eitherWay, default: 0...0)
    sampling = try PixelSampling(&reader)
    try reader.finish()
    if config["x_factor"] == nil, config["y_factor"] == nil {
      throw AugmentationError("say by how much: \"x_factor\", \"y_factor\" or both; without them nothing would change")
    }
  }

  public var config: JSONValue {
    sampling.config(["name": .string(Self.name), "x_factor": xFactor.config, "y_factor": yFactor.config])
  }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    let draws = key.uniform(3)
    let direction = draws[0] > 0.5 ? -1.0 : 1.0
    var map = AffineMap.identity
    map.b0 = yFactor.at(draws[1]) * direction
    map.a1 = xFactor.at(draws[2]) * direction
    unsafe Pixels(sample, shape).transform(map, sampling)
  }
}
