public import JSON
public import Tensors

/// Makes pictures brighter or darker: `x + 255 · f`. Keras' `RandomBrightness`.
///
/// - `factor`: f, from −1 (black) to 1 (white); a number f stands for −f…f
public struct RandomBrightness: Augmentation {
  public static let name = "random_brightness"

  public var factor: ClosedRange<Double>

  public init(factor: ClosedRange<Double>) { self.factor = factor }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    factor = try reader.range("factor", in: -1...1, single: .eitherWay)
    try reader.finish()
  }

  public var config: JSONValue {
    ["name": .string(Self.name), "factor": factor.config]
  }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    let difference = Float(255 * factor.at(key.uniform(1)[0]))
    unsafe Pixels(sample, shape).map { $0 + difference }
  }
}
