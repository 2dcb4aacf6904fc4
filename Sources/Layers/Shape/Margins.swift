internal import JSON

/// Rows and columns at the four sides of an image.
public struct Margins: Hashable, Sendable {
  public var top: Int
  public var bottom: Int
  public var left: Int
  public var right: Int

  public init(top: Int, bottom: Int, left: Int, right: Int) {
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
  }

  /// The same number at all sides.
  public init(_ all: Int) { self.init(top: all, bottom: all, left: all, right: all) }
}

extension Margins {
  /// Reads all of Keras' forms: one number, `[height, width]`, `[[top, bottom], [left, right]]`, and Keras 1's
  /// `[top, bottom, left, right]`.
  init(config: JSONValue, key: String) throws(ConfigError) {
    let error = ConfigError(
      key: key,
      "expected a number, [height, width] or [[top, bottom], [left, right]], none below 0, found \(config.text)")
    func number(_ value: JSONValue) throws(ConfigError) -> Int {
      guard let number = value.intValue, number >= 0 else { throw error }
      return number
    }
    func pair(_ value: JSONValue) throws(ConfigError) -> (Int, Int) {
      guard let parts = value.arrayValue else {
        let both = try number(value)
        return (both, both)
      }
      guard parts.count == 2 else { throw error }
      return (try number(parts[0]), try number(parts[1]))
    }
    guard let parts = config.arrayValue else {
      self.init(try number(config))
      return
    }
    switch parts.count {
    case 2:
      let (top, bottom) = try pair(parts[0])
      let (left, right) = try pair(parts[1])
      self.init(top: top, bottom: bottom, left: left, right: right)
    case 4:
      self.init(
        top: try number(parts[0]), bottom: try number(parts[1]), left: try number(parts[2]),
        right: try number(parts[3]))
    default: throw error
    }
  }

  /// Keras' `[[top, bottom], [left, right]]`.
  var config: JSONValue { [[.integer(top), .integer(bottom)], [.integer(left), .integer(right)]] }
}
