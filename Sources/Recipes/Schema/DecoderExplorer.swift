internal import JSON

/// Finds out what the decoder takes at every place of a recipe.
struct DecoderExplorer {
  /// The keys whose value says which of several kinds of object it is.
  static let discriminators = ["name", "layer", "class_name"]

  /// Kinds of objects that occur in several places, or inside one another, by the name that the schema gives them.
  var definitions: OrderedDictionary<String, JSONValue> = [:]
  /// The names of definitions that are being made, by their discriminator and its words.
  private var underway: [[String]: String] = [:]

  init() {}

  /// The schema of a whole recipe.
  mutating func recipe() -> JSONValue {
    let minimal: OrderedDictionary<String, JSONValue> = [
      "model": ["file": "model.h5"], "data": ["train": "pictures"], "phases": [["epochs": 1, "optimizer": "sgd"]],
    ]
    let root = SchemaSlot(path: "", key: "recipe") { $0 }
    return object(at: root, [:], minimal) ?? true
  }

  /// The schema of what may stand at a place; `true` where nothing can be said.
  mutating func schema(of slot: SchemaSlot) -> JSONValue {
    // What the decoder does not look at, nobody can say anything about.
    let anything: [JSONValue] = [true, 0.5, .string(SchemaSlot.nonsense), [[]], [SchemaSlot.nonsense: [true]]]
    if anything.allSatisfy(slot.takes) { return true }
    var found: [JSONValue] = []
    if slot.takes(true) || slot.takes(false) { found.append(["type": "boolean"]) }
    let numbers = NumberSearch(slot.takes)
    // Some readers take any number for true or false, as Keras' files hold them.
    if let schema = numbers.schema, found.isEmpty { found.append(schema) }
    if let schema = words(at: slot) { found.append(schema) }
    if let schema = list(at: slot, takesNumbers: numbers.schema != nil) { found.append(schema) }
    found += objects(at: slot)
    guard let first = found.first else { return true }
    let isOptional = slot.takes(.null)
    if found.count == 1 {
      guard isOptional else { return first }
      if let optional = Self.optional(first) { return optional }
    }
    return ["anyOf": .array(found + (isOptional ? [["type": "null"]] : []))]
  }

  /// The schema that takes null as well, where that is as short.
  private static func optional(_ schema: JSONValue) -> JSONValue? {
    guard var members = schema.objectValue else { return nil }
    if let type = members["type"], type.stringValue != nil {
      members["type"] = [type, "null"]
    } else if let words = members["enum"]?.arrayValue {
      members["enum"] = .array(words + [.null])
    } else {
      return nil
    }
    return .object(members)
  }

  /// Any string, or one of the words that the decoder suggests.
  private func words(at slot: SchemaSlot) -> JSONValue? {
    let answer = slot.answer(.string(SchemaSlot.nonsense))
    if slot.takes(.string(SchemaSlot.nonsense)) { return ["type": "string"] }
    // Words in quotes are examples: expected "balanced" or a weight by class name.
    let quoted = answer.problems.flatMap { problem in
      problem.message.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
    var words: [String] = []
    for word in (answer.candidates(for: SchemaSlot.nonsense) ?? []) + quoted + ["classes"]
    where !words.contains(word) && slot.takes(.string(word)) {
      words.append(word)
    }
    return words.isEmpty ? nil : ["enum": .array(words.map { .string($0) })]
  }

  private mutating func list(at slot: SchemaSlot, takesNumbers: Bool) -> JSONValue? {
    let lengths = 1...4
    var lengthsTaken: [Int] = []
    var element: JSONValue?
    for value: JSONValue in [1, 0.5, 2, .string(SchemaSlot.nonsense)] where lengthsTaken.isEmpty {
      lengthsTaken = lengths.filter { slot.takes(.array([JSONValue](repeating: value, count: $0))) }
      if !lengthsTaken.isEmpty { element = value }
    }
    // A number in a list of its own is a spelling of Keras' files.
    if takesNumbers, let element, element.stringValue == nil, slot.takes([element, "x"]) { return nil }
    let takesNone = slot.takes([])
    // Numbers in lists of lists of lists are numbers still.
    guard takesNone || element != nil, !slot.path.hasSuffix("[0][0]") else { return nil }
    var schema: OrderedDictionary<String, JSONValue> = ["type": "array"]
    let place = slot.element(count: lengthsTaken.first ?? 1, others: element ?? .null)
    let items = self.schema(of: place)
    if items != true { schema["items"] = items }
    if !takesNone, let least = lengthsTaken.first { schema["minItems"] = .integer(least) }
    if let most = lengthsTaken.last, most < lengths.upperBound { schema["maxItems"] = .integer(most) }
    return .object(schema)
  }

  // MARK: - Objects

  /// The kinds of objects that a place takes.
  private mutating func objects(at slot: SchemaSlot) -> [JSONValue] {
    for key in Self.discriminators {
      guard let names = self.names(of: key, at: slot) else { continue }
      if key == "class_name" { return [Self.kerasObject] }
      let reference: JSONValue = ["$ref": .string("#/definitions/" + named(key, names, at: slot))]
      return self.names(of: "class_name", at: slot) == nil ? [reference] : [reference, Self.kerasObject]
    }
    if let object = object(at: slot, [:]) { return [object] }
    let values: [JSONValue] = [1, 0.5, .string(SchemaSlot.nonsense), true, []]
    guard values.contains(where: { slot.takes([SchemaSlot.nonsense: $0]) }) else { return [] }
    // Keys are the user's own: names of classes, patterns of layers.
    var value = slot.child(SchemaSlot.nonsense, of: [:])
    value.outerPath = slot.path
    return [["type": "object", "additionalProperties": schema(of: value)]]
  }

  /// The names that a key may have which tells kinds of objects apart; nil where it is no such key.
  private func names(of key: String, at slot: SchemaSlot) -> [String]? {
    let names = slot.answer([key: .string(SchemaSlot.nonsense)]).candidates(for: SchemaSlot.nonsense)
    return names?.isEmpty == true ? nil : names
  }

  /// What Keras' files hold: `{"class_name": …, "config": {…}}`.
  private static let kerasObject: JSONValue = [
    "type": "object", "properties": ["class_name": ["type": "string"], "config": ["type": "object"]],
    "required": ["class_name"],
  ]

  /// The definition of objects that one of several names tells apart.
  private mutating func named(_ key: String, _ names: [String], at slot: SchemaSlot) -> String {
    let kind = [key] + names
    // Inside itself it is what it is.
    if let name = underway[kind] { return name }
    var name = key == "layer" ? key : slot.key
    while definitions[name] != nil { name += "_" }
    definitions[name] = true
    underway[kind] = name
    defer { underway[kind] = nil }
    var kinds: [JSONValue] = []
    for word in names {
      let base: OrderedDictionary<String, JSONValue> = [key: .string(word)]
      guard slot.answer(.object(base)).candidates(for: word) == nil else { continue }
      var properties: OrderedDictionary<String, JSONValue> = [key: ["const": .string(word)]]
      if key == "layer" {
        // What a recipe says of any layer, and the layer itself does not know.
        for key in ["name", "inputs"] { properties[key] = schema(of: slot.child(key, of: base)) }
      }
      if let schema = object(at: slot, properties, base) { kinds.append(schema) }
    }
    definitions[name] = ["anyOf": .array(kinds)]
    // The same as in another place, mostly, but that it names itself.
    func text(as other: String) -> String {
      (definitions[name]?.text ?? "").replacing("#/definitions/\(name)\"", with: "#/definitions/\(other)\"")
    }
    guard let same = definitions.first(where: { $0.key != name && $0.value.text == text(as: $0.key) })?.key else {
      return name
    }
    definitions[name] = nil
    return same
  }

  /// The schema of objects with fixed keys; nil where the decoder takes none.
  ///
  /// - Parameters:
  ///   - properties: keys whose schema is known.
  ///   - base: what stands in the object in any case.
  private mutating func object(
    at slot: SchemaSlot, _ properties: OrderedDictionary<String, JSONValue>,
    _ base: OrderedDictionary<String, JSONValue> = [:]
  ) -> JSONValue? {
    var base = base
    // What is missing is said one by one.
    while let key = missing(at: slot, base).first(where: { base[$0] == nil }) {
      guard let value = slot.child(key, of: base).sample() else { break }
      base[key] = value
    }
    var stray = base
    stray[SchemaSlot.nonsense] = 1
    let known = slot.answer(.object(stray)).candidates(for: SchemaSlot.nonsense)
    guard known != nil || !properties.isEmpty else { return nil }
    var keys = known ?? []
    keys += base.keys.filter { !keys.contains($0) }

    var properties = properties
    for key in keys where properties[key] == nil { properties[key] = schema(of: slot.child(key, of: base)) }
    var required: [JSONValue] = []
    for key in keys {
      var rest = base
      rest[key] = nil
      if base[key] != nil && (missing(at: slot, rest).contains(key) || properties[key]?["const"] != nil) {
        required.append(.string(key))
      }
    }
    var schema: OrderedDictionary<String, JSONValue> = ["type": "object", "properties": .object(properties)]
    if !required.isEmpty { schema["required"] = .array(required) }
    if known != nil { schema["additionalProperties"] = false }
    return .object(schema)
  }

  /// Keys that the decoder misses in an object.
  private func missing(at slot: SchemaSlot, _ object: OrderedDictionary<String, JSONValue>) -> [String] {
    let start = slot.path.isEmpty ? "" : slot.path + "."
    return slot.answer(.object(object)).problems.compactMap { problem in
      guard problem.path.hasPrefix(start) else { return nil }
      let key = String(problem.path.dropFirst(start.count))
      return key.isEmpty || key.contains(where: { ".[".contains($0) }) || object[key] != nil ? nil : key
    }
  }
}
