public import JSON
public import Tensors

/// Turns all colours around the colour wheel, to either side. Keras' `RandomHue`.
///
/// - `factor`: from 0 to 1, in parts of half the wheel; a number f stands for 0…f
///
/// Value and saturation of the HSV model stay. Grey pictures stay as they are.
public struct RandomHue: Augmentation {
  public static let name = "random_hue"

  public var factor: ClosedRange<Double>

  public init(factor: ClosedRange<Double>) { self.factor = factor }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    factor = try reader.range("factor", in: 0...1, single: .upToIt)
    try reader.finish()
  }

  public var config: JSONValue {
    ["name": .string(Self.name), "factor": factor.config]
  }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    let draws = key.uniform(2)
    let turn = factor.at(draws[1]) * 0.5
    unsafe Pixels(sample, shape).shiftHue(by: Float(draws[0] > 0.5 ? -turn : turn))
  }
}
