import Foundation
import JSON
import Kernels
import Layers
import Recipes
import Synchronization
import TestSupport
import Testing
import Training

@Suite("How a sweep goes on")
struct SweepCourseTests {
  @Test("Halving trains the better ones further, and the winner to the same bits as a run of its own")
  func halving() throws {
    let pictures = try StripedPictures(perClass: 12)
    let recipe = StripedSweep.recipe(pictures, epochs: 9)
    let rates: [JSONValue] = [0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]
    let counter = TrialCounter()
    let report = try StripedSweep.sweep(
      recipe, [StripedSweep.rate: .array(rates)], ["method": "successive_halving", "factor": 3, "monitor": "val_loss"])(
        on: Device(threads: 2), observer: counter)
    #expect(counter.rungs.withLock { $0 } == [9, 3, 1])
    #expect(report.ranked.map(\.epochs) == [9, 3, 3, 1, 1, 1, 1, 1, 1])
    #expect(report.ranked.map { $0.status == .finished } == [true] + [Bool](repeating: false, count: 8))
    // On the first rung each had been judged after one epoch of nine.
    for result in report.ranked {
      var short = recipe
      var phase = short["phases"]?.arrayValue?.first?.objectValue ?? [:]
      phase["last_epoch"] = 1
      short["phases"] = [.object(phase)]
      let alone = try StripedSweep.run(short, rate: try #require(result.settings[StripedSweep.rate]?.doubleValue))
      #expect(result.scores.first == alone.final?.loss)
    }
    let best = try #require(report.best)
    let alone = try StripedSweep.run(recipe, rate: try #require(best.settings[StripedSweep.rate]?.doubleValue))
    #expect(best.score == alone.final?.loss)
    let models = try [report.output, alone.output].map { try ModelReference(path: $0 + "/model.h5").load().model }
    #expect(models[0].parameters.map(\.value) == models[1].parameters.map(\.value))
    #expect(!FileManager.default.fileExists(atPath: report.output + "/trials"))
  }

  @Test(
    "Stopped and resumed, it does what is left and ends with the same table", arguments: ["grid", "successive_halving"])
  func resume(_ method: String) throws {
    let pictures = try StripedPictures(perClass: 12)
    let recipe = StripedSweep.recipe(pictures, epochs: 4)
    let more: OrderedDictionary<String, JSONValue> =
      method == "grid" ? ["method": "grid"] : ["method": "successive_halving", "factor": 2]
    let parameters: JSONValue = [StripedSweep.rate: [0.0001, 0.001, 0.01, 0.1, 0.5]]
    func table(_ report: SweepReport) -> [String] {
      report.ranked.map { "\($0.number) \($0.status) \($0.scores) \($0.epochs)" }
    }
    let whole = TrialCounter()
    let expected = try StripedSweep.sweep(recipe, parameters, more)(on: Device(threads: 2), observer: whole)
    for stop in [1, 3, whole.count - 1] {
      let output = TemporaryFolder.path("sweep")
      let counter = TrialCounter()
      let first = try StripedSweep.sweep(recipe, parameters, more, output: output)(
        on: Device(threads: 1), observer: counter, shouldStop: { counter.count >= stop })
      #expect(first.isStopped)
      let rest = TrialCounter()
      let second = try StripedSweep.sweep(recipe, parameters, more, output: output)(
        on: Device(threads: 2), resumes: true, observer: rest)
      #expect(!second.isStopped)
      #expect(table(second) == table(expected), "\(method), stopped after \(stop)")
      #expect(try StripedSweep.bytes(output + "/model.h5") == StripedSweep.bytes(expected.output + "/model.h5"))
    }
    // With nothing left to do, nothing is trained; other pictures are refused.
    try FileManager.default.removeItem(atPath: pictures.folder + "/down/0.png")
    let error = #expect(throws: RunError.self) {
      try StripedSweep.sweep(recipe, parameters, more, output: expected.output)(on: Device(threads: 1), resumes: true)
    }
    #expect(error?.description.contains("the pictures") == true)
  }
}

/// Counts trials, and how many of them each rung has.
final class TrialCounter: SweepObserver {
  private let trials = Atomic(0)
  let rungs = Mutex<[Int]>([])

  var count: Int { trials.load(ordering: .relaxed) }

  func rungBegins(_ rung: Int, of count: Int, trials: Int, share: Double) { rungs.withLock { $0.append(trials) } }
  func trialEnded(_ result: TrialResult, isBest: Bool, done: Int, of count: Int) { trials.add(1, ordering: .relaxed) }
  func noted(_ message: String) {}
}
