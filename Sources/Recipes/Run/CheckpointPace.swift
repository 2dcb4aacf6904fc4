/// When checkpoints are due.
///
/// The first one is due after ten seconds, so that a run that is killed in its first minute is not lost. Writing takes at most a
/// twentieth of the time, however large the model: of the first one that is estimated, then it is measured. A run of a few
/// seconds writes none.
package struct CheckpointPace {
  private let recipe: CheckpointRecipe
  private var steps = 0
  private var last: ContinuousClock.Instant
  private var pause: Duration

  /// The longest time to the first one, unless more may be written at once than this allows.
  private static let first = 10.0
  /// What a slow disk takes, with the copies that come before.
  private static let bytesPerSecond = 200e6
  private static let share = 20

  /// - Parameters:
  ///   - byteCount: the numbers that a checkpoint holds.
  ///   - start: of the run.
  package init(_ recipe: CheckpointRecipe, byteCount: Int, start: ContinuousClock.Instant) {
    self.recipe = recipe
    last = start
    let writing = Double(byteCount) / Self.bytesPerSecond
    pause = .seconds(min(recipe.seconds, max(Self.first, writing * Double(Self.share))))
  }

  /// Whether one is due after another step.
  package mutating func isDue(at now: ContinuousClock.Instant) -> Bool {
    steps += 1
    return recipe.steps.map { steps % $0 == 0 } ?? (now - last >= pause)
  }

  /// One was written in that time.
  package mutating func wrote(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) {
    last = end
    pause = max(.seconds(recipe.seconds), (end - start) * Self.share)
  }
}
