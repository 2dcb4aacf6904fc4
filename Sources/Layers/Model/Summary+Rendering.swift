internal import Tensors

extension Summary {
  /// A table of no more than 80 columns.
  ///
  /// A layer that is not called on the one above it is followed by a line that says on which.
  /// - Parameter isExplained: whether a line below each layer with a window says how its height comes about.
  public func text(isExplained: Bool = false) -> String {
    let rule = String(repeating: "─", count: 80)
    var lines = [name, Self.line(["layer", "kind", "output", "parameters", "mult-adds", "sees"]), rule]
    for input in inputs { lines.append(Self.line([input.name, "Input", Self.text(input.shape), "", "", ""])) }
    var previous = inputs.last?.name
    for row in rows {
      let count = row.parameterCount == 0 ? "" : Self.grouped(row.parameterCount) + (row.isFrozen ? "*" : " ")
      let multiplyAdds = row.multiplyAdds == 0 ? "" : row.multiplyAdds.map(Self.short) ?? "?"
      lines.append(
        Self.line([
          row.path, row.kind, Self.text(row.outputShape), count, multiplyAdds, Self.text(row.receptiveField),
        ]))
      if row.connectedTo != previous.map({ [$0] }) { lines += Self.wrapped(row.connectedTo) }
      if isExplained, let arithmetic = row.heightArithmetic { lines.append("    height " + arithmetic) }
      previous = row.path
    }
    return (lines + [rule] + totals).joined(separator: "\n")
  }

  private var totals: [String] {
    let megabytes = Self.decimal(Double(parameterCount) * 4 / 1_048_576)
    let hasFrozen = rows.contains { $0.isFrozen && $0.parameterCount > 0 }
    var lines = [
      "parameters   \(Self.grouped(parameterCount)) (\(megabytes) MiB)",
      "trainable    \(Self.grouped(trainableCount))",
      "fixed        \(Self.grouped(parameterCount - trainableCount))\(hasFrozen ? " (*: frozen layers)" : "")",
    ]
    if let multiplyAdds { lines.append("mult-adds    \(Self.short(multiplyAdds)) for one image") }
    return lines
  }

  /// Six cells in columns of 21, 18, 11, 12, 9 and 4 letters with a space between them. What is too long for its column takes
  /// room from the next ones that have some to spare, or loses its middle.
  private static func line(_ cells: [String]) -> String {
    let widths = [21, 18, 11, 12, 9, 4]
    var result = ""
    var room = 0
    for (index, cell) in cells.enumerated() {
      room += widths[index]
      let isLeft = index < 2
      let shown = isLeft ? shortened(cell, to: widths[index]) : cell
      let padding = String(repeating: " ", count: max(0, room - shown.count))
      result += isLeft ? shown + padding : padding + shown
      room -= max(room, shown.count)
      if index < cells.count - 1 { result += " " }
    }
    return result.trimmingTrailingSpaces
  }

  /// The names that a layer is called on, in lines of 80 letters.
  private static func wrapped(_ names: [String]) -> [String] {
    var lines = ["    ←"]
    for (index, name) in names.enumerated() {
      let word = " " + shortened(name, to: 70) + (index < names.count - 1 ? "," : "")
      if lines[lines.count - 1].count + word.count > 80 { lines.append("     ") }
      lines[lines.count - 1] += word
    }
    return lines
  }

  /// `112×112×32`, with `?` for what is open.
  private static func text(_ shape: [Int?]) -> String {
    shape.isEmpty ? "1" : shape.map { $0.map(String.init) ?? "?" }.joined(separator: "×")
  }

  /// The rows that are seen, and the columns where they differ.
  private static func text(_ field: ReceptiveField) -> String {
    guard let size = field.size else { return "all" }
    if size.height == 1, size.width == 1 { return "" }
    return size.height == size.width ? "\(size.height)" : "\(size.height)×\(size.width)"
  }

  private static func shortened(_ text: String, to width: Int) -> String {
    guard text.count > width else { return text }
    let front = (width - 1) / 2
    return text.prefix(front) + "…" + text.suffix(width - 1 - front)
  }

  /// 1234567 as `1,234,567`.
  private static func grouped(_ number: Int) -> String {
    var digits = String(number)
    var groups: [Substring] = []
    while digits.count > 3 {
      groups.insert(digits.suffix(3), at: 0)
      digits.removeLast(3)
    }
    return ([digits] + groups.map(String.init)).joined(separator: ",")
  }

  /// 41_234_567 as `41.2M`.
  private static func short(_ number: Int) -> String {
    for (unit, name) in [(1_000_000_000, "G"), (1_000_000, "M"), (1000, "k")] where number >= unit {
      return decimal(Double(number) / Double(unit)) + name
    }
    return String(number)
  }

  /// With one digit behind the point.
  private static func decimal(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}

extension String {
  fileprivate var trimmingTrailingSpaces: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
