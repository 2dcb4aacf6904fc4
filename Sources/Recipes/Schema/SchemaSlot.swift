internal import JSON

/// A place in a recipe that the decoder can be asked about: what it says of a value there.
struct SchemaSlot {
  /// The place as problems name it: `phases[0].optimizer`.
  var path: String
  /// The name of the key, or of the list's, for naming what is found.
  var key: String
  /// The list or object around it, where what is wrong with the value is reported there.
  var outerPath: String?
  /// A recipe with a value at the place.
  var recipe: (JSONValue) -> JSONValue

  /// A word that no setting is called.
  static let nonsense = "qzqz"

  func answer(_ value: JSONValue) -> RecipeDecoder.Answer { RecipeDecoder.answer(to: recipe(value)) }

  /// Whether the decoder takes a value, as far as that depends on the value alone.
  func takes(_ value: JSONValue) -> Bool {
    let answer = answer(value)
    return !answer.problems.contains { problem in
      (problem.path == path || problem.path == outerPath || problem.path.hasPrefix(path + ".")
        || problem.path.hasPrefix(path + "["))
        && Self.isRefusal(problem.message)
    }
  }

  /// Whether a problem is one of the value itself. Others are of settings that do not go together, and of what is missing
  /// beside them: "say either …, not both".
  private static func isRefusal(_ message: String) -> Bool {
    ["expected", "found", "there is no", "has no setting", "is called \"", "no such"].contains { message.contains($0) }
  }

  /// The place of a key of the object here, of which this is the rest.
  func child(_ key: String, of object: OrderedDictionary<String, JSONValue>) -> SchemaSlot {
    let recipe = recipe
    let place = path.isEmpty ? key : "\(path).\(key)"
    return SchemaSlot(path: place, key: key, outerPath: takes(.object(object)) ? path : nil) { value in
      var members = object
      members[key] = value
      return recipe(.object(members))
    }
  }

  /// The place of the first element of a list of this length; the others are the same as one that is taken.
  func element(count: Int, others: JSONValue) -> SchemaSlot {
    let recipe = recipe
    return SchemaSlot(path: path + "[0]", key: key, outerPath: path) { value in
      recipe(.array([value] + [JSONValue](repeating: others, count: count - 1)))
    }
  }

  /// A value that is taken here, if one is found easily.
  func sample() -> JSONValue? {
    let plain: [JSONValue] = [
      1, 0.5, .string(Self.nonsense), true, [1, 1], [0.5, 0.5], [1], [1, 1, 1], [.string(Self.nonsense)],
    ]
    if let value = plain.first(where: takes) { return value }
    let names = answer(.string(Self.nonsense)).candidates(for: Self.nonsense) ?? []
    if let name = names.first(where: { takes(.string($0)) }) { return .string(name) }
    for key in DecoderExplorer.discriminators {
      let names = answer([key: .string(Self.nonsense)]).candidates(for: Self.nonsense) ?? []
      if let name = names.first(where: { takes([key: .string($0)]) }) { return [key: .string(name)] }
    }
    return nil
  }
}
