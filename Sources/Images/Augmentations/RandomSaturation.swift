public import JSON
public import Tensors

/// Makes colours paler or stronger. Keras' `RandomSaturation`.
///
/// - `factor`: from 0 to 1: the saturation of the HSV model is multiplied by `f / (1 − f)`, so that 0 is grey, 0.5 changes
///   nothing and 1 leaves no white in any colour; a number f stands for 0…f, so say [0.3, 0.7] for both directions
///
/// Saturation ends at 1; Keras lets it go on, which gives values below 0. Grey pictures stay as they are.
public struct RandomSaturation: Augmentation {
  public static let name = "random_saturation"

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
    let share = factor.at(key.uniform(1)[0])
    unsafe Pixels(sample, shape).saturate(by: share < 1 ? Float(share / (1 - share)) : .greatestFiniteMagnitude)
  }
}
