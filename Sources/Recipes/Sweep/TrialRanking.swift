internal import JSON

/// Which trial is better than which.
public struct TrialRanking: Hashable, Sendable {
  /// What trials are ranked by.
  public let monitor: String
  public let wantsMore: Bool

  public func isBetter(_ value: Double, than other: Double) -> Bool { wantsMore ? value > other : value < other }

  /// The best first: those that came further, then by their score; of equal ones the lower validation loss, then the earlier
  /// trial.
  public func ranked(_ results: some Sequence<TrialResult>) -> [TrialResult] {
    results.filter { $0.score != nil }.sorted { first, second in
      if first.scores.count != second.scores.count { return first.scores.count > second.scores.count }
      if let one = first.score, let other = second.score, one != other { return isBetter(one, than: other) }
      if let one = first.values["val_loss"], let other = second.values["val_loss"], one != other { return one < other }
      return first.number < second.number
    }
  }
}
