public import JSON
internal import Training

/// How many pictures' values at the end of the frozen part were needed, and how many of them an earlier run had computed.
public struct FeatureUse: Hashable, Sendable {
  public var images = 0
  public var stored = 0

  mutating func add(_ extracted: ExtractedFeatures) {
    images += extracted.kept.count
    stored += extracted.storedCount
  }

  mutating func add(_ other: FeatureUse) {
    images += other.images
    stored += other.stored
  }

  var json: JSONValue { ["images": .integer(images), "from_cache": .integer(stored)] }
}
