import JSON

/// How a picture is read between its pixels and beyond its border.
public struct PixelSampling: Hashable, Sendable {
  /// What lies beyond the border, by Keras' names; the picture's row is `a b c d`.
  public enum FillMode: String, Hashable, Sendable, CaseIterable {
    /// `d c b a | a b c d | d c b a`
    case reflect
    /// `k k k k | a b c d | k k k k`, with the fill value k
    case constant
    /// `a b c d | a b c d | a b c d`
    case wrap
    /// `a a a a | a b c d | d d d d`
    case nearest
  }

  /// What is between pixels.
  public enum Between: String, Hashable, Sendable, CaseIterable {
    /// The mean of the four around, the nearer the heavier.
    case bilinear
    case nearest
  }

  public var fillMode: FillMode
  /// From 0 to 255; of use with `constant`.
  public var fillValue: Double
  public var interpolation: Between

  public init(fillMode: FillMode = .reflect, fillValue: Double = 0, interpolation: Between = .bilinear) {
    self.fillMode = fillMode
    self.fillValue = fillValue
    self.interpolation = interpolation
  }

  init(_ reader: inout AugmentationReader) throws(AugmentationError) {
    fillMode = try reader.choice("fill_mode", default: .reflect)
    fillValue = try reader.number("fill_value", in: 0...255, default: 0)
    interpolation = try reader.choice("interpolation", default: .bilinear)
  }

  /// The settings with some others before them.
  func config(_ before: OrderedDictionary<String, JSONValue>) -> JSONValue {
    var settings = before
    settings["fill_mode"] = .string(fillMode.rawValue)
    settings["fill_value"] = .number(fillValue)
    settings["interpolation"] = .string(interpolation.rawValue)
    return .object(settings)
  }

  /// Which of `count` pixels in a row stands for the one at `index`, which may be beyond the border; -1 for the fill value.
  func pixel(_ index: Int, of count: Int) -> Int {
    if index >= 0, index < count { return index }
    switch fillMode {
    case .constant: return -1
    case .nearest: return index < 0 ? 0 : count - 1
    case .wrap: return Self.remainder(index, count)
    case .reflect:
      // Mostly not far.
      if index < 0, index >= -count { return -1 - index }
      if index >= count, index < 2 * count { return 2 * count - 1 - index }
      let place = Self.remainder(index, 2 * count)
      return place < count ? place : 2 * count - 1 - place
    }
  }

  private static func remainder(_ index: Int, _ count: Int) -> Int {
    let rest = index % count
    return rest < 0 ? rest + count : rest
  }
}
