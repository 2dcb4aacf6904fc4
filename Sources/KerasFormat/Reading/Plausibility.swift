internal import JSON

/// Bounds on the numbers of a configuration, wide enough for every model and narrow enough that no product of extents
/// overflows.
enum Plausibility {
  static let greatestExtent = 1 << 24
  private static let greatestProduct = 1 << 40

  /// Whether all extents, and their product, are numbers that a layer can have.
  static func accepts(_ extents: [Int]) -> Bool {
    var product = 1
    for extent in extents {
      guard abs(extent) <= greatestExtent else { return false }
      product *= max(1, abs(extent))
      guard product <= greatestProduct else { return false }
    }
    return true
  }

  /// The first key of a layer's settings whose numbers are out of bounds.
  static func implausibleKey(in settings: JSONValue) -> String? {
    settings.objectValue?.first { key, value in key != "seed" && !accepts(numbers(in: value)) }?.key
  }

  private static func numbers(in value: JSONValue) -> [Int] {
    if let list = value.arrayValue { return list.flatMap(numbers) }
    guard case .integer(let number) = value else { return [] }
    // What has no magnitude is out of bounds as well.
    return [max(number, -Int.max)]
  }
}
