import FineTune

/// How well a model does, for people: one line of all, a line for each class, and which class is taken for which. No line is
/// longer than 80 columns.
struct EvaluationText {
  let lines: [String]

  private static let width = 80

  init(_ evaluation: PictureEvaluation) {
    var line = "\(evaluation.imageCount) images  loss \(Figure.short(evaluation.result.loss))"
    for metric in evaluation.result.metrics { line += "  \(metric.name) \(Figure.short(metric.value))" }
    var lines = [line]
    if let report = evaluation.classification {
      lines += Self.summary(report) + [""] + Self.classes(report)
      if let matrix = report.matrix { lines += [""] + Self.confusions(matrix, report.entries.map(\.label)) }
    }
    self.lines = lines
  }

  private static func summary(_ report: ClassificationReport) -> [String] {
    let wanted = [
      ("macro_f1", "macro F1"), ("roc_auc", "ROC-AUC"), ("average_precision", "PR-AUC"), ("log_loss", "log loss"),
      ("balanced_accuracy", "balanced accuracy"), ("cohen_kappa", "Cohen's kappa"),
      ("matthews_correlation", "Matthews"),
      ("expected_calibration_error", "calibration error"),
    ]
    var lines: [String] = []
    var line = ""
    for (name, title) in wanted {
      guard let value = report.summary.first(where: { $0.name == name })?.value else { continue }
      let part = "\(title) \(number(value))"
      if !line.isEmpty, line.count + 2 + part.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : "  ") + part
    }
    return lines + (line.isEmpty ? [] : [line])
  }

  private static func classes(_ report: ClassificationReport) -> [String] {
    let columns = ["images", "precision", "recall", "F1", "ROC-AUC", "PR-AUC"]
    let room = width - columns.reduce(0) { $0 + max($1.count, 6) + 2 }
    let label = min(room, max(5, report.entries.map(\.label.count).max() ?? 5))
    func row(_ name: String, _ cells: [String]) -> String {
      padded(name, to: label)
        + zip(cells, columns).map { "  " + leftPadded($0, to: max($1.count, 6)) }.joined()
    }
    return [row("class", columns)]
      + report.entries.map { entry in
        row(
          entry.label,
          [
            "\(entry.tally.actual)", number(entry.tally.precision), number(entry.tally.recall), number(entry.tally.f1),
            number(entry.rocAUC), number(entry.averagePrecision),
          ])
      }
  }

  /// The whole matrix where it fits, else the most frequent mistakes.
  private static func confusions(_ matrix: ConfusionMatrix, _ labels: [String]) -> [String] {
    let digits = max(3, matrix.counts.map { "\($0)".count }.max() ?? 1)
    let label = min(24, max(13, labels.map(\.count).max() ?? 0))
    if label + matrix.classCount * (digits + 2) <= width {
      let columns = (0..<matrix.classCount).map { "  " + leftPadded("\($0 + 1)", to: digits) }
      let heading = padded("right \\ named", to: label) + columns.joined()
      return [heading]
        + (0..<matrix.classCount).map { right in
          let cells = (0..<matrix.classCount).map { named in
            "  " + leftPadded(matrix[right, named] == 0 ? "·" : "\(matrix[right, named])", to: digits)
          }
          return padded("\(right + 1) \(labels[right])", to: label) + cells.joined()
        }
    }
    var mistakes: [(right: Int, named: Int)] = []
    for right in 0..<matrix.classCount {
      for named in 0..<matrix.classCount where named != right && matrix[right, named] > 0 {
        mistakes.append((right, named))
      }
    }
    mistakes.sort { matrix[$0.right, $0.named] > matrix[$1.right, $1.named] }
    let shown = mistakes.prefix(20).map { pair in
      "\(leftPadded("\(matrix[pair.right, pair.named])", to: 6))  \(cut(labels[pair.right], to: 32)) taken for "
        + cut(labels[pair.named], to: 28)
    }
    return ["most frequent mistakes (all of them: --json)"] + shown
  }

  private static func number(_ value: Double) -> String { value.isFinite ? Figure.fixed(value, digits: 4) : "–" }

  private static func cut(_ text: String, to width: Int) -> String {
    text.count <= width ? text : text.prefix(width - 1) + "…"
  }

  private static func padded(_ text: String, to width: Int) -> String {
    let text = cut(text, to: width)
    return text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func leftPadded(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
