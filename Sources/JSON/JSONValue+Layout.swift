extension JSONValue {
  /// This value as JSON text over several lines, as people write it: what fits on a line stays on it, with spaces inside braces.
  ///
  /// - Parameter width: columns of a line.
  public func laidOut(width: Int = 100) -> String { laidOut(width: width, indent: 0, before: 0) }

  /// - Parameters:
  ///   - indent: of the lines after the first.
  ///   - before: columns that are taken on the first line.
  private func laidOut(width: Int, indent: Int, before: Int) -> String {
    let line = onOneLine
    if line.count + before + 1 <= width { return line }
    let inner = String(repeating: " ", count: indent + 2)
    let outer = String(repeating: " ", count: indent)
    switch self {
    case .array(let elements) where !elements.isEmpty:
      let lines = elements.map { inner + $0.laidOut(width: width, indent: indent + 2, before: indent + 2) }
      return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
    case .object(let members) where !members.isEmpty:
      let lines = members.map { key, value in
        let start = inner + Self.quoted(key) + ": "
        return start + value.laidOut(width: width, indent: indent + 2, before: start.count)
      }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
    default: return line
    }
  }

  private var onOneLine: String {
    switch self {
    case .array(let elements): "[" + elements.map(\.onOneLine).joined(separator: ", ") + "]"
    case .object(let members) where !members.isEmpty:
      "{ " + members.map { Self.quoted($0) + ": " + $1.onOneLine }.joined(separator: ", ") + " }"
    default: text
    }
  }
}
