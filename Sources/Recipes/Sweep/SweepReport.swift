internal import Foundation
public import JSON
public import Training

/// What came out of a sweep.
public struct SweepReport: Sendable {
  public let recipe: SweepRecipe
  public let ranking: TrialRanking
  /// By their numbers.
  let results: [Int: TrialResult]
  public var trialCount = 0
  /// The best of the finished trials.
  public var best: TrialResult?
  /// The pictures that trials were judged by.
  public var validationCount: Int?
  public var isFolded = false
  /// Whether somebody stopped it before its end.
  public var isStopped = false
  public var output = ""
  /// What the best model makes of the test part, which no trial has seen; nil where there is none.
  public var test: EvaluationResult?
  /// Whether the best model is written.
  public var isWritten = false
  public var seconds = 0.0

  /// The trials that came to a result, the best first.
  public var ranked: [TrialResult] { ranking.ranked(results.values) }

  /// Those that did not, in their order.
  public var others: [TrialResult] {
    results.values.filter { $0.score == nil }.sorted { $0.number < $1.number }
  }

  /// `sweep.json`, and what `--json` prints.
  public var json: JSONValue { json(inputs: nil) }

  func json(inputs: RunFingerprint?) -> JSONValue {
    var object: OrderedDictionary<String, JSONValue> = [
      "recipe": .string(recipe.baseFile), "method": .string(recipe.method.rawValue),
      "monitor": .string(ranking.monitor), "mode": ranking.wantsMore ? "max" : "min",
      "seed": .integer(Int(recipe.seed)), "parameters": .array(recipe.parameters.map { .string($0.path) }),
    ]
    if let best { object["best"] = .integer(best.number) }
    if let test {
      object["test_loss"] = .number(test.loss)
      for metric in test.metrics { object["test_" + metric.name] = .number(metric.value) }
    }
    if isStopped { object["stopped"] = true }
    if seconds > 0 { object["seconds"] = .number((seconds * 1000).rounded() / 1000) }
    object["trials"] = .array((ranked + others).map(\.json))
    if let inputs { object["inputs"] = SweepRecord.json(inputs) }
    return .object(object)
  }

  /// A table with a row for each trial, the best first.
  public var csv: String {
    var names: [String] = []
    for result in ranked { for name in result.values.keys where !names.contains(name) { names.append(name) } }
    let heading =
      ["rank", "trial", "status"] + recipe.parameters.map(\.path) + names
      + (isFolded ? ["standard_error"] : []) + ["epochs", "seconds", "reason"]
    func row(_ rank: String, _ result: TrialResult) -> [String] {
      var row = [rank, "\(result.number)", result.status.rawValue]
      row += recipe.parameters.map { result.settings[$0.path].map { $0.stringValue ?? $0.text } ?? "" }
      row += names.map { result.values[$0].map { "\(Float($0))" } ?? "" }
      if isFolded { row.append(result.standardError.map { "\(Float($0))" } ?? "") }
      row += ["\(result.epochs)", "\(Float((result.seconds * 1000).rounded() / 1000))", result.reason ?? ""]
      return row
    }
    let rows = ranked.enumerated().map { row("\($0.offset + 1)", $0.element) } + others.map { row("", $0) }
    return ([heading] + rows).map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
  }

  /// Quoted as RFC 4180 asks, where a comma, a quote or a line break stands inside.
  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  /// Writes `sweep.csv` and `sweep.json`.
  func write(to folder: OutputFolder, inputs: RunFingerprint) throws {
    for (name, text) in [("sweep.csv", csv), ("sweep.json", json(inputs: inputs).prettyText + "\n")] {
      let path = folder.path + "/" + name
      do {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      } catch {
        throw RunError.cannotWrite(path: path, reason: (error as NSError).localizedDescription)
      }
    }
  }
}
