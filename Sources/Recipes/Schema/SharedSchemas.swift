internal import JSON

/// Says once what a schema says in several places.
struct SharedSchemas {
  private var counts: [JSONValue: Int] = [:]
  private var names: [JSONValue: String] = [:]
  private var definitions: OrderedDictionary<String, JSONValue> = [:]

  /// Shorter ones are easier to read where they stand.
  private static let leastLength = 160

  /// A schema with its definitions, and those of what is described more than once.
  static func gathered(_ schema: JSONValue, _ definitions: OrderedDictionary<String, JSONValue>) -> JSONValue {
    var shared = SharedSchemas()
    for part in [schema] + definitions.values { shared.count(part) }
    for name in definitions.keys { shared.definitions[name] = true }
    var members = schema.objectValue ?? [:]
    members["properties"] = members["properties"].map { shared.replaced($0, key: "recipe") }
    for (name, value) in definitions { shared.definitions[name] = shared.contents(value, key: name) }
    members["definitions"] = .object(shared.definitions)
    return .object(members)
  }

  private func isWorth(_ schema: JSONValue) -> Bool {
    ["properties", "enum", "anyOf"].contains { schema[$0] != nil } && schema.text.count >= Self.leastLength
  }

  private mutating func count(_ schema: JSONValue) {
    if isWorth(schema) { counts[schema, default: 0] += 1 }
    for part in schema.arrayValue ?? schema.objectValue.map({ Array($0.values) }) ?? [] { count(part) }
  }

  private mutating func replaced(_ schema: JSONValue, key: String) -> JSONValue {
    guard counts[schema, default: 0] > 1, isWorth(schema) else { return contents(schema, key: key) }
    if names[schema] == nil {
      let words = DecoderExplorer.discriminators.lazy.compactMap { schema["properties"]?[$0]?["const"]?.stringValue }
      var name = words.first ?? key
      while definitions[name] != nil { name += "_" }
      names[schema] = name
      definitions[name] = true
      definitions[name] = contents(schema, key: key)
    }
    return ["$ref": .string("#/definitions/\(names[schema] ?? key)")]
  }

  private mutating func contents(_ schema: JSONValue, key: String) -> JSONValue {
    if let parts = schema.arrayValue { return .array(parts.map { replaced($0, key: key) }) }
    guard let members = schema.objectValue else { return schema }
    let words: Set<String> = ["properties", "items", "anyOf", "additionalProperties", "definitions"]
    return .object(
      OrderedDictionary(
        members.map { ($0, replaced($1, key: words.contains($0) ? key : $0)) }, uniquingKeysWith: { $1 }))
  }
}
