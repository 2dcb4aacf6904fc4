/// How many steps a phase has, and how fast they go.
struct PhasePace {
  let batchesPerEpoch: Int
  let total: Int
  private let start: ContinuousClock.Instant
  private let first: Int

  /// - Parameter first: the step that this stretch begins with.
  init(_ settings: PhaseSettings, sampleCount: Int, from first: Int, start: ContinuousClock.Instant) {
    batchesPerEpoch = (sampleCount + settings.batchSize - 1) / settings.batchSize
    total = batchesPerEpoch * settings.epochs
    self.start = start
    self.first = first
  }

  func secondsLeft(after step: Int, at now: ContinuousClock.Instant) -> Double {
    (now - start).seconds / Double(max(1, step - first)) * Double(total - step)
  }
}
