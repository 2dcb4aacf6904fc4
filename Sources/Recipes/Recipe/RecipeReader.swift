internal import JSON

/// Collects the problems of a recipe while it is read, so that the user sees all of them at once.
final class ProblemList {
  private(set) var problems: [RecipeError.Problem] = []

  func report(_ path: String, _ message: String) {
    problems.append(RecipeError.Problem(path: path, message: message))
  }
}

/// Reads an object of a recipe strictly: what is missing or of the wrong kind is reported with its path, and so is every key
/// that nobody asked for. Reading goes on with a stand-in, which never leaves the decoder because a list of problems that is
/// not empty ends it.
struct RecipeReader {
  let path: String
  let problems: ProblemList
  private let members: OrderedDictionary<String, JSONValue>
  private var known: [String] = []

  init(_ value: JSONValue, path: String, problems: ProblemList) {
    self.path = path
    self.problems = problems
    if let object = value.objectValue {
      members = object
    } else {
      members = [:]
      problems.report(path, "expected an object { … }, found \(value.kindName)")
    }
  }

  /// The path of a key of this object.
  func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  func report(_ key: String, _ message: String) { problems.report(place(key), message) }

  /// The value of a key; nil if it is not there.
  mutating func value(_ key: String) -> JSONValue? {
    known.append(key)
    return members[key]
  }

  /// The value of a key; nil if it is not there or null.
  mutating func optional(_ key: String) -> JSONValue? {
    let value = value(key)
    return value == .null ? nil : value
  }

  func has(_ key: String) -> Bool { members[key] != nil }

  func isObject(_ key: String) -> Bool { members[key]?.objectValue != nil }

  mutating func string(_ key: String) -> String? {
    guard let value = optional(key) else { return nil }
    guard let text = value.stringValue else {
      report(key, "expected a string, found \(value.kindName)")
      return nil
    }
    return text
  }

  mutating func int(_ key: String, in range: ClosedRange<Int>) -> Int? {
    guard let value = optional(key) else { return nil }
    guard let number = value.intValue, range.contains(number) else {
      let bound =
        range.upperBound == .max ? "of \(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
      report(key, "expected a whole number \(bound), found \(value.text)")
      return nil
    }
    return number
  }

  mutating func double(_ key: String, in range: ClosedRange<Double>) -> Double? {
    guard let value = optional(key) else { return nil }
    guard let number = value.doubleValue, range.contains(number) else {
      let bound =
        range.upperBound == .infinity
        ? "of \(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
      report(key, "expected a number \(bound), found \(value.text)")
      return nil
    }
    return number
  }

  mutating func bool(_ key: String) -> Bool? {
    guard let value = optional(key) else { return nil }
    guard let truth = value.boolValue else {
      report(key, "expected true or false, found \(value.text)")
      return nil
    }
    return truth
  }

  /// One of a few words.
  mutating func choice<Choice>(_ key: String, _ choices: [(name: String, value: Choice)]) -> Choice? {
    guard let name = string(key) else { return nil }
    if let match = choices.first(where: { $0.name == name }) { return match.value }
    report(key, "there is no \"\(name)\". \(Suggestion.sentence(for: name, among: choices.map(\.name)))")
    return nil
  }

  /// The elements of a list, each with its path.
  mutating func list(_ key: String) -> [(path: String, value: JSONValue)]? {
    guard let value = optional(key) else { return nil }
    guard let elements = value.arrayValue else {
      report(key, "expected a list [ … ], found \(value.kindName)")
      return nil
    }
    return elements.enumerated().map { ("\(place(key))[\($0.offset)]", $0.element) }
  }

  mutating func strings(_ key: String) -> [String]? {
    guard let elements = list(key) else { return nil }
    return elements.compactMap { path, value in
      if value.stringValue == nil { problems.report(path, "expected a string, found \(value.kindName)") }
      return value.stringValue
    }
  }

  /// Whole numbers, or one alone.
  mutating func ints(_ key: String, in range: ClosedRange<Int>) -> [Int]? {
    guard let value = optional(key) else { return nil }
    let numbers = (value.arrayValue ?? [value]).map(\.intValue)
    guard numbers.allSatisfy({ $0.map(range.contains) == true }) else {
      report(
        key,
        "expected a whole number from \(range.lowerBound) to \(range.upperBound), or a list of them, found \(value.text)"
      )
      return nil
    }
    return numbers.compactMap(\.self)
  }

  /// An object whose values are words.
  mutating func texts(_ key: String) -> [String: String]? {
    guard let value = optional(key) else { return nil }
    var found: [String: String] = [:]
    guard let members = value.objectValue else {
      report(key, "expected an object { … }, found \(value.kindName)")
      return nil
    }
    for (name, value) in members {
      guard let text = value.stringValue else {
        problems.report("\(place(key)).\(name)", "expected a string, found \(value.kindName)")
        continue
      }
      found[name] = text
    }
    return found
  }

  /// A reader for an object inside this one.
  mutating func object(_ key: String) -> RecipeReader? {
    guard let value = optional(key) else { return nil }
    return RecipeReader(value, path: place(key), problems: problems)
  }

  /// Reports every key that nobody asked for.
  func finish() {
    for key in members.keys where !known.contains(key) {
      report(key, "there is no setting \"\(key)\" here. \(Suggestion.sentence(for: key, among: known))")
    }
  }
}
