internal import Foundation
internal import JSON
internal import Kernels
internal import Training

/// `sweep.json`: all that is known of a sweep's trials, written anew after each of them, so that whatever ends the sweep leaves
/// the table so far and something to go on from.
struct SweepRecord: Sendable {
  private let path: String
  /// What results follow from besides the recipes.
  let inputs: RunFingerprint
  private let ranking: TrialRanking
  private let recipe: SweepRecipe
  private var isBroken = false

  init(output: String, inputs: RunFingerprint, ranking: TrialRanking, recipe: SweepRecipe) {
    path = output + "/sweep.json"
    self.inputs = inputs
    self.ranking = ranking
    self.recipe = recipe
  }

  /// What an earlier run has found out, by the identity of the trial.
  ///
  /// - Throws: `RunError` if it ranked by something else, or its pictures or weights were others.
  func read(_ observer: any SweepObserver) throws -> [String: TrialResult] {
    guard let data = FileManager.default.contents(atPath: path) else {
      observer.noted("nothing to resume in \(path); starting from the beginning")
      return [:]
    }
    guard let value = try? JSONValue(parsing: [UInt8](data)), let trials = value["trials"]?.arrayValue,
      let earlier = value["inputs"].flatMap(Self.fingerprint)
    else {
      observer.noted("\(path) is no record of a sweep; starting from the beginning")
      return [:]
    }
    var differences = earlier.differences(from: inputs)
    if value["monitor"]?.stringValue != ranking.monitor { differences.append("\"monitor\"") }
    guard differences.isEmpty else { throw RunError.otherRun(path: path, differences: differences) }
    let results = trials.compactMap(TrialResult.init).filter { !$0.identity.isEmpty }
    return Dictionary(results.map { ($0.identity, $0) }, uniquingKeysWith: { $1 })
  }

  /// A record that cannot be written ends no sweep; it is told once.
  mutating func write(_ results: [Int: TrialResult], _ observer: any SweepObserver) {
    guard !isBroken else { return }
    let report = SweepReport(recipe: recipe, ranking: ranking, results: results)
    do {
      try Data((report.json(inputs: inputs).prettyText + "\n").utf8).write(
        to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      isBroken = true
      observer.noted("\(path) cannot be written: \((error as NSError).localizedDescription)")
    }
  }

  static func json(_ fingerprint: RunFingerprint) -> JSONValue {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let data = try? encoder.encode(fingerprint), let value = try? JSONValue(parsing: [UInt8](data)) else {
      return .null
    }
    return value
  }

  private static func fingerprint(_ value: JSONValue) -> RunFingerprint? {
    try? JSONDecoder().decode(RunFingerprint.self, from: Data(value.text.utf8))
  }
}
