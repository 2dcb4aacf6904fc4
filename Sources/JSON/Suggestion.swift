/// Finds what somebody may have meant.
public enum Suggestion {
  /// Where every word is written down that was not found: so a reader that refuses what it does not know can be asked what it
  /// knows. Nil but where that is asked.
  @TaskLocal package static var log: SuggestionLog?

  /// The candidates nearest to a misspelt word, best first, near enough to be worth saying.
  public static func near(_ word: String, among candidates: [String], limit: Int = 3) -> [String] {
    let wanted = word.lowercased()
    let bound = max(2, wanted.count / 3)
    return candidates.enumerated()
      .map { (distance: distance(wanted, $0.element.lowercased()), order: $0.offset, name: $0.element) }
      .filter { $0.distance <= bound || (wanted.count >= 3 && $0.name.lowercased().contains(wanted)) }
      .sorted { ($0.distance, $0.order) < ($1.distance, $1.order) }
      .prefix(limit).map(\.name)
  }

  /// `Did you mean "block5_*"?`, or a list of what there is.
  public static func sentence(for word: String, among candidates: [String]) -> String {
    log?.add(word, candidates)
    let near = near(word, among: candidates)
    if !near.isEmpty { return "Did you mean " + near.map { "\"\($0)\"" }.joined(separator: " or ") + "?" }
    let shown = candidates.prefix(12).joined(separator: ", ")
    return candidates.isEmpty
      ? "" : "There is: \(shown)\(candidates.count > 12 ? ", … (\(candidates.count) in all)" : "")."
  }

  /// The number of letters to insert, delete, replace or swap (optimal string alignment).
  static func distance(_ lhs: String, _ rhs: String) -> Int {
    let a = Array(lhs.unicodeScalars)
    let b = Array(rhs.unicodeScalars)
    var before = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
        row.append(best)
      }
      before = last
      last = row
    }
    return last[b.count]
  }
}
