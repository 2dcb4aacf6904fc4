internal import Tensors

extension Summary {
  /// A table that fits a page.
  ///
  /// A layer that is not called on the one above it is followed by a line that says on which.
  /// - Parameters:
  ///   - width: of the page, in letters; columns that have no room are left out, the name and the parameters stay.
  ///   - isExplained: whether a line below each layer with a window says how its height comes about.
  public func text(width: Int = 80, isExplained: Bool = false) -> String {
    let table = SummaryTable(width: width)
    var lines = [SummaryTable.shortened(name, to: table.width), table.heading, table.rule]
    for input in inputs { lines.append(table.line([input.name, "Input", Self.text(input.shape), "", "", ""])) }
    var previous = inputs.last?.name
    for row in rows {
      let count =
        row.parameterCount == 0 ? "" : SummaryTable.grouped(row.parameterCount) + (row.isFrozen ? "*" : " ")
      let multiplyAdds = row.multiplyAdds == 0 ? "" : row.multiplyAdds.map(SummaryTable.short) ?? "?"
      lines.append(
        table.line([
          row.path, row.kind, Self.text(row.outputShape), count, multiplyAdds, Self.text(row.receptiveField),
        ]))
      if row.connectedTo != previous.map({ [$0] }) {
        let last = row.connectedTo.count - 1
        lines += table.wrapped("    ←", row.connectedTo.enumerated().map { $0.element + ($0.offset < last ? "," : "") })
      }
      if isExplained, let arithmetic = row.heightArithmetic {
        lines += table.wrapped("    height", arithmetic.split(separator: " ").map(String.init))
      }
      previous = row.path
    }
    return (lines + [table.rule] + totals(table)).joined(separator: "\n")
  }

  private func totals(_ table: SummaryTable) -> [String] {
    let megabytes = SummaryTable.decimal(Double(parameterCount) * 4 / 1_048_576)
    let hasFrozen = rows.contains { $0.isFrozen && $0.parameterCount > 0 }
    var lines = [
      "parameters   \(SummaryTable.grouped(parameterCount)) (\(megabytes) MiB)",
      "trainable    \(SummaryTable.grouped(trainableCount))",
      "fixed        \(SummaryTable.grouped(parameterCount - trainableCount))\(hasFrozen ? " (*: frozen layers)" : "")",
    ]
    if let multiplyAdds { lines.append("mult-adds    \(SummaryTable.short(multiplyAdds)) for one image") }
    let groups = groups
    if groups.count > 1 {
      lines += table.wrapped(
        "groups      ",
        groups.enumerated().map { index, group in
          group.name + " " + SummaryTable.short(group.parameterCount) + (group.isFrozen ? "*" : "")
            + (index < groups.count - 1 ? "," : "")
        })
    }
    return lines.map { SummaryTable.shortened($0, to: table.width) }
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
}
