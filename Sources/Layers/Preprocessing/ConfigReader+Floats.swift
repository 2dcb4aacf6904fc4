internal import JSON

extension ConfigReader {
  /// A number or a list of numbers, one per channel. Keras 3 wraps lists that were arrays:
  /// `{"class_name": "__numpy__", "config": {"value": [...]}}`.
  mutating func floats(_ key: String) throws(ConfigError) -> [Float]? {
    guard let value = value(key) else { return nil }
    let content = value["config"]?["value"] ?? value
    guard let numbers = Self.numbers(in: content), !numbers.isEmpty else {
      throw ConfigError(key: key, "expected a number or a list of numbers, found \(value.text)")
    }
    return numbers
  }

  /// All numbers of a list of lists whose extents but one are 1, in order.
  private static func numbers(in value: JSONValue) -> [Float]? {
    if let number = value.doubleValue { return [Float(number)] }
    guard let parts = value.arrayValue else { return nil }
    var found: [Float] = []
    for part in parts {
      guard let numbers = numbers(in: part) else { return nil }
      found += numbers
    }
    return found
  }
}

extension JSONValue {
  /// A number, or a list where there is more than one.
  static func floats(_ values: [Float]) -> JSONValue {
    values.count == 1 ? .float(values[0]) : .array(values.map { .float($0) })
  }
}
