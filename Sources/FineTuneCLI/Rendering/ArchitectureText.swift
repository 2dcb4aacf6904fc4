import FineTune

/// The list of architectures as a table of at most 80 columns.
struct ArchitectureText {
  let lines: [String]

  init(_ list: ArchitectureList, width: Int) {
    // The columns from the left, as many as there is room for; the name always.
    let titles = ["name", "image", "min", "pixels", "parameters", "mult-adds", "widths"]
    let rows = list.entries.map { entry in
      [
        entry.name, "\(entry.defaultSize)", "\(entry.minimumExtent)", entry.preprocessing,
        Figure.millions(entry.parameterCount), Figure.millions(entry.multiplyAdds),
        entry.alphas.count < 2 ? "" : entry.alphas.map { "\($0)" }.joined(separator: " "),
      ]
    }
    var widths: [Int] = []
    for column in titles.indices {
      widths.append(([titles] + rows).map { $0[column].count }.max() ?? 0)
    }
    var shown = 1
    while shown < titles.count, widths[...shown].reduce(0, +) + 2 * shown <= width { shown += 1 }
    lines = ([titles] + rows).map { row in
      var line = ""
      for column in 0..<shown {
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        // Figures stand at the right of their columns.
        line +=
          (column == 0 ? "" : "  ") + ([1, 2, 4, 5].contains(column) ? padding + row[column] : row[column] + padding)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
