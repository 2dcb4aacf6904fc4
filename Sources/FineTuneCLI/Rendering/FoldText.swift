import FineTune

/// A cross-validation in words: a row for each fold, then the mean and its standard error.
struct FoldText {
  let lines: [String]

  init(_ summary: FoldSummary) {
    var rows = [["fold", "images", "epochs"]]
    let names = summary.folds.first.map { ["loss"] + $0.result.metrics.map(\.name) } ?? []
    rows[0] += names.map { "val_" + $0 }
    for fold in summary.folds {
      rows.append(
        ["\(fold.number)", "\(fold.result.samples)", fold.keptEpochs.map(String.init).joined(separator: "+")]
          + names.map { Figure.short(fold.result[$0] ?? .nan) })
    }
    if let mean = summary.mean { rows.append(["mean", "", ""] + names.map { Figure.short(mean[$0] ?? .nan) }) }
    if let error = summary.standardError {
      rows.append(["±", "", ""] + names.map { Figure.fixed(error[$0] ?? .nan, digits: 4) })
    }
    lines = TextTable(rows).lines
  }
}

/// Columns that are as wide as what stands in them, numbers to the right.
struct TextTable {
  let lines: [String]

  /// - Parameters:
  ///   - rows: the heading first, all of the same length.
  ///   - left: how many columns are aligned to the left.
  init(_ rows: [[String]], left: Int = 0) {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    lines = rows.map { row in
      let cells = row.enumerated().map { column, text in
        let room = String(repeating: " ", count: widths[column] - text.count)
        return column < left ? text + room : room + text
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
