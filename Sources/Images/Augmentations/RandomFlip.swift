public import JSON
public import Tensors

/// Mirrors pictures at random, each direction with probability ½.
///
/// Keras' `RandomFlip`; like there, `mode` is `horizontal_and_vertical` unless said otherwise. For photographs, which have an
/// up and a down, `horizontal` is the usual choice.
public struct RandomFlip: Augmentation {
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    case horizontal
    case vertical
    case horizontalAndVertical = "horizontal_and_vertical"
  }

  public static let name = "random_flip"

  public var mode = Mode.horizontalAndVertical

  public init(mode: Mode = .horizontalAndVertical) { self.mode = mode }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    mode = try reader.choice("mode", default: .horizontalAndVertical)
    try reader.finish()
  }

  public var config: JSONValue { ["name": .string(Self.name), "mode": .string(mode.rawValue)] }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    let pixels = unsafe Pixels(sample, shape)
    let draws = key.bits(at: 0)
    if mode != .vertical && draws[0] >> 31 == 1 { pixels.mirror() }
    if mode != .horizontal && draws[1] >> 31 == 1 { pixels.turnOver() }
  }
}
