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
    try config.checkKeys(["mode"])
    guard let value = config["mode"] else { return }
    let modes = Mode.allCases.map(\.rawValue)
    guard let text = value.stringValue, let mode = Mode(rawValue: text) else {
      throw AugmentationError(
        key: "mode",
        "expected one of \(modes.joined(separator: ", ")), found \(value.text). "
          + Suggestion.sentence(for: value.stringValue ?? "", among: modes))
    }
    self.mode = mode
  }

  public var config: JSONValue { ["name": .string(Self.name), "mode": .string(mode.rawValue)] }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    precondition(shape.rank == 3 && sample.count == shape.elementCount, "\(sample.count) elements of \(shape)")
    let (height, width, channels) = (shape[0], shape[1], shape[2])
    let draws = key.bits(at: 0)
    if mode != .vertical && draws[0] >> 31 == 1 {
      for y in 0..<height {
        for x in 0..<width / 2 {
          for channel in 0..<channels {
            unsafe sample.swapAt(
              (y * width + x) * channels + channel, (y * width + width - 1 - x) * channels + channel)
          }
        }
      }
    }
    if mode != .horizontal && draws[1] >> 31 == 1 {
      let row = width * channels
      for y in 0..<height / 2 {
        for x in 0..<row { unsafe sample.swapAt(y * row + x, (height - 1 - y) * row + x) }
      }
    }
  }
}
