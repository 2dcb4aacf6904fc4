internal import JSON
internal import Training

/// How many pictures' values at the end of the frozen part were needed, and how many of them an earlier run had computed.
public struct FeatureUse: Hashable, Sendable {
  public var images = 0
  public var stored = 0

  public init(images: Int = 0, stored: Int = 0) {
    self.images = images
    self.stored = stored
  }

  mutating func add(_ pass: ExtractionPass) {
    images += pass.kept.count
    stored += pass.storedCount
  }

  mutating func add(_ other: FeatureUse) {
    images += other.images
    stored += other.stored
  }

  var json: JSONValue { ["images": .integer(images), "from_cache": .integer(stored)] }
}
