internal import Layers

extension ModelBuilder {
  /// What follows tells the classes apart.
  mutating func beginTop() {
    section = .head
    group = "top"
  }
}

extension [Int?] {
  /// The height of an image of this shape.
  var rows: Int? { self[0] }
}

extension Float {
  /// 0.25 as `0.25`, 1 as `1.00`: how Keras spells a width.
  var withTwoDecimals: String {
    let hundredths = Int((self * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
