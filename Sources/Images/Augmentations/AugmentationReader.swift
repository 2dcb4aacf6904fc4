package import JSON

/// Reads the settings of an augmentation key by key and knows at the end which keys nobody asked for.
package struct AugmentationReader {
  /// What a single number stands for where two are the ends of a range.
  package enum Single {
    /// From minus the number to the number.
    case eitherWay
    /// From 0 to the number.
    case upToIt
    /// The number, always.
    case itself
  }

  private let kind: String
  private let members: OrderedDictionary<String, JSONValue>
  private var known: [String] = []

  package init(_ config: JSONValue, of kind: String) throws(AugmentationError) {
    guard let members = config.objectValue else {
      throw AugmentationError("expected the settings of \(kind), found \(config.kindName)")
    }
    self.kind = kind
    self.members = members
  }

  /// The value of a key; null counts as missing.
  package mutating func value(_ key: String) -> JSONValue? {
    known.append(key)
    guard let value = members[key], !value.isNull else { return nil }
    return value
  }

  package mutating func number(
    _ key: String, in bounds: ClosedRange<Double>, default standard: Double? = nil
  ) throws(AugmentationError) -> Double {
    guard let value = value(key) else { return try missing(key, standard) }
    guard let number = value.doubleValue, bounds.contains(number) else {
      throw AugmentationError(key: key, "expected a number \(Self.words(bounds)), found \(value.text)")
    }
    return number
  }

  package mutating func whole(
    _ key: String, in bounds: ClosedRange<Int>, default standard: Int? = nil
  ) throws(AugmentationError) -> Int {
    guard let value = value(key) else { return try missing(key, standard) }
    guard let number = value.intValue, bounds.contains(number) else {
      throw AugmentationError(
        key: key, "expected a whole number from \(bounds.lowerBound) to \(bounds.upperBound), found \(value.text)")
    }
    return number
  }

  /// The ends of a range that numbers are drawn from, or one number that stands for it.
  package mutating func range(
    _ key: String, in bounds: ClosedRange<Double>, single: Single, default standard: ClosedRange<Double>? = nil
  ) throws(AugmentationError) -> ClosedRange<Double> {
    guard let value = value(key) else { return try missing(key, standard) }
    if let number = value.doubleValue, bounds.contains(number) {
      switch single {
      case .eitherWay where bounds.contains(-number): return -abs(number)...abs(number)
      case .upToIt: return min(0, number)...max(0, number)
      case .itself, .eitherWay: return number...number
      }
    }
    if let pair = value.arrayValue?.map(\.doubleValue), pair.count == 2, let first = pair[0], let last = pair[1],
      bounds.contains(first), bounds.contains(last)
    {
      return min(first, last)...max(first, last)
    }
    throw AugmentationError(
      key: key, "expected a number \(Self.words(bounds)), or two of them, found \(value.text)")
  }

  package mutating func bool(_ key: String, default standard: Bool) throws(AugmentationError) -> Bool {
    guard let value = value(key) else { return standard }
    guard let truth = value.boolValue else {
      throw AugmentationError(key: key, "expected true or false, found \(value.text)")
    }
    return truth
  }

  /// One of a few words.
  package mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: String, default standard: Choice
  ) throws(AugmentationError) -> Choice where Choice.RawValue == String {
    guard let value = value(key) else { return standard }
    let names = Choice.allCases.map(\.rawValue)
    guard let text = value.stringValue, let choice = Choice(rawValue: text) else {
      throw AugmentationError(
        key: key,
        "expected one of \(names.joined(separator: ", ")), found \(value.text). "
          + Suggestion.sentence(for: value.stringValue ?? "", among: names))
    }
    return choice
  }

  /// Refuses keys that nobody asked for.
  package func finish() throws(AugmentationError) {
    for key in members.keys where key != "name" && !known.contains(key) {
      throw AugmentationError(
        key: key,
        "\(kind) has no setting \"\(key)\". \(Suggestion.sentence(for: key, among: known + ["probability"]))")
    }
  }

  private func missing<Value>(_ key: String, _ standard: Value?) throws(AugmentationError) -> Value {
    if let standard { return standard }
    let strays = members.keys.filter { $0 != "name" && !known.contains($0) }
    if let stray = strays.first(where: { !Suggestion.near($0, among: [key]).isEmpty }) {
      throw AugmentationError(key: stray, "\(kind) has no setting \"\(stray)\". Did you mean \"\(key)\"?")
    }
    throw AugmentationError(key: key, "\(kind) needs the setting \"\(key)\"")
  }

  private static func words(_ bounds: ClosedRange<Double>) -> String {
    func text(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }
    return bounds.upperBound == .infinity
      ? "of \(text(bounds.lowerBound)) or more" : "from \(text(bounds.lowerBound)) to \(text(bounds.upperBound))"
  }
}

extension ClosedRange<Double> {
  /// The number at a share of the way from the lower to the upper end.
  package func at(_ share: Float) -> Double { lowerBound + (upperBound - lowerBound) * Double(share) }

  package var config: JSONValue { [.number(lowerBound), .number(upperBound)] }
}
