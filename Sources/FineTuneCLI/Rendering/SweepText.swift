import FineTune
import Foundation

/// A sweep in words: the ranked table, no wider than eighty columns.
struct SweepText {
  private static let width = 80
  let lines: [String]

  /// The trials of a sweep that has not begun.
  init(_ sweep: Sweep) {
    let names = Self.headings(sweep.recipe.parameters.map(\.path))
    var rows = [["trial"] + names + [""]]
    for trial in sweep.trials {
      rows.append(
        ["\(trial.number)"] + trial.settings.values.map(Self.text) + [trial.refusal == nil ? "" : "cannot be run"])
    }
    lines =
      TextTable(Self.fitted(rows, columns: 1...names.count)).lines
      + sweep.trials.compactMap { trial in
        trial.refusal.map { Self.cut("trial \(trial.number): \(Self.beginning($0.description))", to: Self.width) }
      }
  }

  init(_ report: SweepReport) {
    let paths = report.recipe.parameters.map(\.path)
    let monitor = report.ranking.monitor
    let hasLoss = monitor != "val_loss" && report.ranked.contains { $0.values["val_loss"] != nil }
    var heading = ["rank", "trial"] + Self.headings(paths) + [monitor]
    if report.isFolded { heading.append("±") }
    if hasLoss { heading.append("val_loss") }
    heading += ["epochs", "time"]
    var rows = [heading]
    for (rank, result) in report.ranked.enumerated() {
      var row = ["\(rank + 1)", "\(result.number)"]
      row += paths.map { result.settings[$0].map(Self.text) ?? "" }
      row.append(Figure.short(result.score ?? .nan))
      if report.isFolded { row.append(result.standardError.map { Figure.fixed($0, digits: 4) } ?? "") }
      if hasLoss { row.append(result.values["val_loss"].map(Figure.short) ?? "") }
      row += ["\(result.epochs)", Figure.duration(result.seconds)]
      rows.append(row)
    }
    var lines = rows.count > 1 ? TextTable(Self.fitted(rows, columns: 2...paths.count + 1)).lines : []
    for result in report.others {
      let settings = result.settings.map { "\($0.key)=\(Self.text($0.value))" }.joined(separator: " ")
      lines.append(Self.cut("trial \(result.number) \(result.status.rawValue): \(settings)", to: Self.width))
      if let reason = result.reason { lines.append("  " + Self.cut(Self.beginning(reason), to: Self.width - 2)) }
    }
    self.lines = lines
  }

  /// What there is to say of the winner.
  static func closing(_ report: SweepReport) -> [String] {
    var lines: [String] = []
    let count = report.ranked.count + report.others.count
    if report.isStopped {
      lines.append(
        "stopped: \(count) of \(report.trialCount) trials have a result; to go on: the same command with --resume")
    }
    guard let best = report.best else {
      if !report.isStopped { lines.append("no trial came to a result; nothing is written but the table") }
      return lines + ["  \(report.output)/sweep.csv"]
    }
    lines.append(
      "best: trial \(best.number), "
        + best.settings.map { "\($0.key)=\(text($0.value))" }.joined(separator: " "))
    lines += ReportText.tested(report.test)
    if report.test == nil, report.ranked.count > 1, let pictures = report.validationCount {
      lines.append(
        "The best of \(report.ranked.count) scores on the same \(Figure.grouped(pictures)) pictures flatters; what it is worth, "
          + "pictures tell that no trial has seen: \"test\" in \"data\", or finetune evaluate")
    }
    lines.append("written in \(Figure.duration(report.seconds)):")
    for name in ["sweep.csv", "sweep.json"] + (report.isWritten ? ["model.h5", "recipe.json", "metrics.json"] : []) {
      lines.append("  \(report.output)/\(name)")
    }
    return lines
  }

  /// The first sentence of a reason; the table's files have all of it.
  static func beginning(_ reason: String) -> String {
    let line = reason.prefix { !$0.isNewline }
    guard let end = line.range(of: ". ") else { return String(line) }
    return String(line[..<end.lowerBound])
  }

  private static func cut(_ text: String, to width: Int) -> String {
    text.count > width ? text.prefix(width - 1) + "…" : text
  }

  /// A value as a table shows it.
  static func text(_ value: JSONValue) -> String { value.stringValue ?? value.text }

  /// The ends of paths, as short as they can be told apart.
  static func headings(_ paths: [String]) -> [String] {
    let parts = paths.map { $0.split(separator: ".").map(String.init) }
    return parts.enumerated().map { index, own in
      for count in 1...max(1, own.count) {
        let end = own.suffix(count)
        let isAlone = parts.enumerated().allSatisfy { $0.offset == index || $0.element.suffix(count) != end }
        if isAlone { return end.joined(separator: ".") }
      }
      return paths[index]
    }
  }

  /// Shortens what stands in some columns until the table fits.
  private static func fitted(_ rows: [[String]], columns: ClosedRange<Int>) -> [[String]] {
    var rows = rows
    func widths() -> [Int] { rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 } }
    while true {
      let all = widths()
      let total = all.reduce(0, +) + 2 * (all.count - 1)
      guard total > width, let widest = columns.max(by: { all[$0] < all[$1] }), all[widest] > 5 else { return rows }
      let room = max(5, all[widest] - (total - width))
      for row in rows.indices where rows[row][widest].count > room {
        rows[row][widest] = String(rows[row][widest].prefix(room - 1)) + "…"
      }
    }
  }
}

/// Shows how a sweep goes on.
struct SweepRenderer: SweepObserver {
  private let progress: ProgressLine

  init(_ progress: ProgressLine) { self.progress = progress }

  func rungBegins(_ rung: Int, of count: Int, trials: Int, share: Double) {
    let part = share < 1 ? ", about \(Int((share * 100).rounded())) % of their epochs" : ""
    progress.say(
      (count > 1 ? "rung \(rung) of \(count): " : "") + "\(trials) trial\(trials == 1 ? "" : "s")\(part)")
  }

  func trialEnded(_ result: TrialResult, isBest: Bool, done: Int, of count: Int) {
    let settings = result.settings.map { "\($0.key)=\(SweepText.text($0.value))" }.joined(separator: " ")
    if result.status == .failed {
      progress.say("  trial \(result.number) failed: \(settings): \(SweepText.beginning(result.reason ?? ""))")
    } else if isBest, let score = result.score {
      progress.say("  trial \(result.number) is the best so far, \(Figure.short(score)): \(settings)")
    }
    progress.show("  trials", fraction: Double(done) / Double(max(1, count)), "\(done)/\(count)")
  }

  func noted(_ message: String) { progress.say(message) }
}
