internal import JSON

/// A change to a recipe from the command line: `phases.0.epochs=2`.
enum RecipeSetting {
  /// Changes one value. What stands behind `=` is read as JSON where it is JSON, else it is a string.
  static func apply(_ setting: String, to recipe: inout JSONValue, _ problems: ProblemList) {
    guard let equals = setting.firstIndex(of: "="), equals > setting.startIndex else {
      return problems.report("--set \(setting)", "expected path=value, such as phases.0.epochs=2")
    }
    let text = String(setting[setting.index(after: equals)...])
    let value = (try? JSONValue(parsing: text)) ?? .string(text)
    let path = setting[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if let message = set(value, at: path[...], in: &recipe) { problems.report("--set \(setting)", message) }
  }

  /// Nil if it worked, else what was wrong.
  static func set(_ value: JSONValue, at path: ArraySlice<String>, in place: inout JSONValue) -> String? {
    guard let key = path.first else {
      place = value
      return nil
    }
    switch place {
    case .array(var elements):
      guard let index = Int(key), elements.indices.contains(index) else {
        return "the list has \(elements.count) elements, counted from 0; there is no \"\(key)\""
      }
      defer { place = .array(elements) }
      return set(value, at: path.dropFirst(), in: &elements[index])
    case .object(var members):
      var inner = members[key] ?? [:]
      let message = set(value, at: path.dropFirst(), in: &inner)
      members[key] = inner
      place = .object(members)
      return message
    default: return "there is nothing below \"\(key)\": the value there is \(place.kindName)"
    }
  }
}
