public import JSON
public import Tensors

/// Adds noise to every value: normal, with mean 0. Keras' `GaussianNoise` on pixels.
///
/// - `stddev`: its standard deviation in grey levels, 0 to 255
public struct GaussianNoise: Augmentation {
  public static let name = "gaussian_noise"

  public var stddev: Double

  public init(stddev: Double) { self.stddev = stddev }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    stddev = try reader.number("stddev", in: 0...255)
    try reader.finish()
  }

  public var config: JSONValue {
    ["name": .string(Self.name), "stddev": .number(stddev)]
  }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    guard stddev > 0 else { return }
    let pixels = unsafe Pixels(sample, shape)
    let deviation = Float(stddev)
    NormalTable.draw(pixels.count, key) { index, normal in
      pixels[index] = inRange(pixels[index] + deviation * normal)
    }
  }
}
