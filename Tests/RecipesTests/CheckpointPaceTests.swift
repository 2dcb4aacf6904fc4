import JSON
import Recipes
import Testing

@Suite("When checkpoints are written")
struct CheckpointPaceTests {
  private let start = ContinuousClock.now

  private func pace(_ change: (inout CheckpointRecipe) -> Void = { _ in }, megabytes: Int = 1) -> CheckpointPace {
    var recipe = CheckpointRecipe()
    change(&recipe)
    return CheckpointPace(recipe, byteCount: megabytes * 1_000_000, start: start)
  }

  /// The first whole second after the start at which one is due.
  private func firstSecond(_ pace: CheckpointPace) -> Int? {
    (0...100_000).first { second in
      var pace = pace
      return pace.isDue(at: start + .seconds(second))
    }
  }

  @Test("The first after ten seconds, or when a twentieth of the time is enough for it; the next as the recipe says")
  func first() {
    #expect(firstSecond(pace()) == 10)
    // 200 MB a second: 0.5 s for 100 MB, 1.5 s for 300; never later than the recipe says.
    #expect(firstSecond(pace(megabytes: 100)) == 10)
    #expect(firstSecond(pace(megabytes: 300)) == 30)
    #expect(firstSecond(pace(megabytes: 5_000)) == 60)
    #expect(firstSecond(pace { $0.seconds = 3 }) == 3)
    #expect(firstSecond(pace { $0.seconds = 300 }) == 10)
    var running = pace()
    running.wrote(from: start + .seconds(10), to: start + .seconds(11))
    #expect(firstSecond(running) == 71)
    running.wrote(from: start + .seconds(71), to: start + .seconds(76))
    #expect(firstSecond(running) == 176)
  }

  @Test("Counted in steps, time does not matter")
  func steps() {
    var pace = pace { $0.steps = 3 }
    #expect((1...7).filter { _ in pace.isDue(at: start + .seconds(500)) }.count == 2)
  }
}
