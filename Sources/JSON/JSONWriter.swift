extension JSONValue {
  /// This value as JSON text, on one line with Python's separators (`", "` and `": "`).
  public var text: String {
    var text = ""
    write(to: &text, indent: nil, level: 0)
    return text
  }

  /// This value as JSON text over several lines; lists of plain values stay on one.
  public var prettyText: String {
    var text = ""
    write(to: &text, indent: 2, level: 0)
    return text
  }

  private func write(to text: inout String, indent: Int?, level: Int) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += "\(value)"
    case .number(let value): text += Self.text(of: value)
    case .string(let value): text += Self.quoted(value)
    case .array(let elements):
      let spreads = elements.contains { $0.arrayValue != nil || $0.objectValue != nil }
      Self.write(elements, brackets: ("[", "]"), to: &text, indent: spreads ? indent : nil, level: level) {
        element, text in
        element.write(to: &text, indent: indent, level: level + 1)
      }
    case .object(let members):
      Self.write(Array(members), brackets: ("{", "}"), to: &text, indent: indent, level: level) { member, text in
        text += Self.quoted(member.key) + ": "
        member.value.write(to: &text, indent: indent, level: level + 1)
      }
    }
  }

  private static func write<Item>(
    _ items: [Item], brackets: (String, String), to text: inout String, indent: Int?, level: Int,
    _ writeItem: (Item, inout String) -> Void
  ) {
    text += brackets.0
    for (index, item) in items.enumerated() {
      if index > 0 { text += indent == nil ? ", " : "," }
      if let indent { text += "\n" + String(repeating: " ", count: indent * (level + 1)) }
      writeItem(item, &text)
    }
    if let indent, !items.isEmpty { text += "\n" + String(repeating: " ", count: indent * level) }
    text += brackets.1
  }

  private static func text(of value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    return "\(value)"
  }

  /// The string in quotes, with everything outside printable ASCII escaped only where JSON demands it.
  public static func quoted(_ string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}
