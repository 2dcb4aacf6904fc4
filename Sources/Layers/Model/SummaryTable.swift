/// The columns of a summary on a page of some width, and how cells are fitted into them.
///
/// A narrow page loses columns from the right of what a reader needs least; a wide one gives more room to names.
struct SummaryTable {
  private enum Column: Int, CaseIterable {
    case layer, kind, output, parameters, multiplyAdds, sees

    var title: String {
      switch self {
      case .layer: "layer"
      case .kind: "kind"
      case .output: "output"
      case .parameters: "parameters"
      case .multiplyAdds: "mult-adds"
      case .sees: "sees"
      }
    }

    var width: Int { [21, 18, 11, 12, 9, 4][rawValue] }
  }

  /// The columns that go first, with the width of the page from which they are there.
  private static let optional: [(column: Column, from: Int)] = [
    (.sees, 80), (.multiplyAdds, 75), (.kind, 65), (.output, 46),
  ]

  let width: Int
  private let columns: [(column: Column, width: Int)]

  /// - Parameter width: of the page; below 24 letters nothing can be told, so that is the least.
  init(width: Int) {
    let width = max(24, width)
    let left = Column.allCases.filter { column in
      Self.optional.allSatisfy { $0.column != column || width >= $0.from }
    }
    let needed = left.reduce(left.count - 1) { $0 + $1.width }
    // Names take what is left, or give what is missing.
    let spare = min(width, 120) - needed
    columns = left.map { ($0, $0.width + ($0 == .layer ? spare : 0)) }
    self.width = min(width, max(80, needed + spare))
  }

  var rule: String { String(repeating: "─", count: width) }
  var heading: String { line(Column.allCases.map(\.title)) }

  /// One cell for each column there can be. What is too long for its column takes room from the next ones that have some to
  /// spare, or loses its middle.
  func line(_ cells: [String]) -> String {
    var result = ""
    var room = 0
    for (index, (column, width)) in columns.enumerated() {
      room += width
      let isLeft = column == .layer || column == .kind
      let cell = cells[column.rawValue]
      let shown = Self.shortened(cell, to: isLeft ? width : room)
      let padding = String(repeating: " ", count: max(0, room - shown.count))
      result += isLeft ? shown + padding : padding + shown
      room -= max(room, shown.count)
      if index < columns.count - 1 { result += " " }
    }
    while result.last == " " { result.removeLast() }
    return result
  }

  /// Words in lines as wide as the page; lines after the first are indented by two more letters.
  func wrapped(_ first: String, _ words: [String]) -> [String] {
    let indent = String(repeating: " ", count: first.prefix { $0 == " " }.count + 2)
    var lines = [first]
    for word in words {
      let word = Self.shortened(word, to: width - indent.count - 1)
      if lines[lines.count - 1].count + word.count + 1 > width { lines.append(indent) }
      lines[lines.count - 1] += (lines[lines.count - 1].last == " " ? "" : " ") + word
    }
    return lines
  }

  static func shortened(_ text: String, to width: Int) -> String {
    guard text.count > width else { return text }
    let front = max(0, (width - 1) / 2)
    return text.prefix(front) + "…" + text.suffix(max(0, width - 1 - front))
  }

  /// 1234567 as `1,234,567`.
  static func grouped(_ number: Int) -> String {
    var digits = String(number)
    var groups: [Substring] = []
    while digits.count > 3 {
      groups.insert(digits.suffix(3), at: 0)
      digits.removeLast(3)
    }
    return ([digits] + groups.map(String.init)).joined(separator: ",")
  }

  /// 41_234_567 as `41.2M`.
  static func short(_ number: Int) -> String {
    for (unit, name) in [(1_000_000_000, "G"), (1_000_000, "M"), (1000, "k")] where number >= unit {
      return decimal(Double(number) / Double(unit)) + name
    }
    return String(number)
  }

  /// With one digit behind the point.
  static func decimal(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
