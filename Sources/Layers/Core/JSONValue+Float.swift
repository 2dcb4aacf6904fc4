package import JSON

extension JSONValue {
  /// A `Float` as the shortest number that reads back as the same `Float`: 0.2, not 0.20000000298.
  package static func float(_ value: Float) -> JSONValue { .number(Double("\(value)") ?? Double(value)) }
}
