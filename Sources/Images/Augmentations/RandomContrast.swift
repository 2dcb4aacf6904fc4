public import JSON
public import Tensors

/// Spreads or narrows the values of each channel about their mean: `(x − mean) · f + mean`. Keras' `RandomContrast`.
///
/// - `factor`: two numbers from 0 to 1, by how much f may be below 1 and above it; a number stands for both, as Keras
///   documents it
public struct RandomContrast: Augmentation {
  public static let name = "random_contrast"

  public var lower: Double
  public var upper: Double

  public init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    let factor = config["factor"]?.arrayValue
    let range = try reader.range("factor", in: 0...1, single: .itself)
    // The two need not be in order: they are no ends of a range.
    lower = factor?.first?.doubleValue ?? range.lowerBound
    upper = factor?.last?.doubleValue ?? range.upperBound
    try reader.finish()
  }

  public var config: JSONValue {
    ["name": .string(Self.name), "factor": [.number(lower), .number(upper)]]
  }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    let pixels = unsafe Pixels(sample, shape)
    pixels.changeContrast(Float((1 - lower...1 + upper).at(key.uniform(1)[0])))
  }
}
