import Foundation
import Images
import JSON
import Kernels
import Layers
import Recipes
import Synchronization
import Tensors
import TestSupport
import Testing
import Training

@Suite("A sweep")
struct SweepTests {
  /// A recipe whose last layer is trained, on features of stripes.
  static func recipe(
    _ pictures: StripedPictures, epochs: Int = 3, folds: JSONValue? = nil
  ) -> OrderedDictionary<String, JSONValue> {
    var data: OrderedDictionary<String, JSONValue> = ["train": .string(pictures.folder), "batch_size": 8]
    data[folds == nil ? "validation" : "folds"] = folds ?? ["fraction": 0.25]
    return [
      "seed": 5, "model": ["layers": CachedRunTests.layers, "input_size": [12, 12]], "data": .object(data),
      "phases": [
        [
          "name": "head", "train": ["classes"], "epochs": .integer(epochs),
          "optimizer": ["name": "adam", "learning_rate": 0.01],
        ]
      ],
      "cache": false,
    ]
  }

  static func sweep(
    _ recipe: OrderedDictionary<String, JSONValue>, _ parameters: JSONValue,
    _ more: OrderedDictionary<String, JSONValue> = [:], output: String = TemporaryFolder.path("sweep")
  ) throws -> Sweep {
    var value: OrderedDictionary<String, JSONValue> = [
      "recipe": .object(recipe), "parameters": parameters, "output": .string(output),
    ]
    value.merge(more) { $1 }
    return try Sweep(SweepRecipe(.object(value), file: "s.json", baseFile: "r.json", baseFolder: "/tmp"))
  }

  private static let rate = "phases.0.optimizer.learning_rate"

  /// A plain run with other settings.
  private func run(
    _ recipe: OrderedDictionary<String, JSONValue>, rate: Double, optimizer: String = "adam"
  ) throws -> RunReport {
    var recipe = recipe
    var phase = recipe["phases"]?.arrayValue?.first?.objectValue ?? [:]
    phase["optimizer"] = ["name": .string(optimizer), "learning_rate": .number(rate)]
    recipe["phases"] = [.object(phase)]
    recipe["output"] = .string(TemporaryFolder.path("run"))
    return try Run(Plan(Recipe(.object(recipe), file: "r.json", folder: "/tmp")), on: Device(threads: 1))()
  }

  @Test("Every trial is what a run of its own would have been, and the winner is written", arguments: [1, 2])
  func trialsAreRuns(threads: Int) throws {
    let pictures = try StripedPictures(perClass: 12)
    let recipe = Self.recipe(pictures)
    let report = try Self.sweep(
      recipe, [Self.rate: [0.0001, 0.03, 1.0], "phases.0.optimizer.name": ["adam", "sgd"]],
      ["monitor": "val_loss"])(on: Device(threads: threads))
    #expect(report.ranked.count == 6 && report.others.isEmpty)
    var least = Double.infinity
    var best = ""
    for result in report.ranked {
      let rate = try #require(result.settings[Self.rate]?.doubleValue)
      let optimizer = try #require(result.settings["phases.0.optimizer.name"]?.stringValue)
      let alone = try run(recipe, rate: rate, optimizer: optimizer)
      #expect(result.score == alone.final?.loss)
      #expect(result.values["val_accuracy"] == alone.final?["accuracy"])
      if let loss = alone.final?.loss, loss < least { (least, best) = (loss, alone.output) }
    }
    #expect(report.ranked.map { $0.score ?? 0 } == report.ranked.map { $0.score ?? 0 }.sorted())
    #expect(report.best?.score == least)
    let own = try ModelReference(path: report.output + "/model.h5").load().model
    let plain = try ModelReference(path: best + "/model.h5").load().model
    #expect(own.parameters.map(\.value) == plain.parameters.map(\.value))
    // The recipe that is written leads there again.
    let again = try Run(
      Plan(Recipe(contentsOf: report.output + "/recipe.json")), on: Device(threads: 2),
      output: TemporaryFolder.path("again"))()
    #expect(try bytes(again.output + "/model.h5") == bytes(report.output + "/model.h5"))
    let files = try FileManager.default.contentsOfDirectory(atPath: report.output).sorted()
    #expect(files == ["history.csv", "metrics.json", "model.h5", "recipe.json", "sweep.csv", "sweep.json"])
    let rows = try String(contentsOfFile: report.output + "/sweep.csv", encoding: .utf8).split(separator: "\n")
    #expect(rows.count == 7 && rows[0].hasPrefix("rank,trial,status,\(Self.rate),phases.0.optimizer.name,"))
    #expect(rows[1].hasPrefix("1,\(report.best?.number ?? 0),finished,"))
  }

  @Test("What diverges is a row, what does not go together as well; the others are ranked")
  func failures() throws {
    let pictures = try StripedPictures(perClass: 8)
    // Only SGD has momentum.
    let sweep = try Self.sweep(
      Self.recipe(pictures),
      [
        "phases.0.optimizer": [
          ["name": "sgd", "learning_rate": 0.1, "momentum": 0.9], ["name": "adam", "learning_rate": 0.01],
          ["name": "sgd", "learning_rate": 0.1],
        ],
        "phases.0.optimizer.nesterov": [false, true],
      ])
    // Adam knows no "nesterov".
    let refused = sweep.trials.filter { $0.refusal != nil }.map(\.number)
    #expect(refused.contains(3) && refused.contains(4) && !refused.contains(1))
    let report = try sweep(on: Device(threads: 2))
    #expect(report.others.contains { $0.status == .refused && $0.number == 4 })
    #expect(report.ranked.contains { $0.number == 5 })
    #expect(report.best != nil)

    // The largest number there is makes infinite weights of the second step at the latest.
    let diverging = try Self.sweep(Self.recipe(pictures), [Self.rate: [3.4e38, 0.01]])(on: Device(threads: 2))
    #expect(diverging.ranked.map(\.number) == [2] && diverging.best?.number == 2)
    #expect(diverging.others.map(\.status) == [.failed])
    #expect(diverging.others.first?.reason?.contains("not a number") == true)
    let none = try Self.sweep(Self.recipe(pictures), [Self.rate: [3.4e38]])(on: Device(threads: 1))
    #expect(none.best == nil && !none.isWritten)
    #expect(!FileManager.default.fileExists(atPath: none.output + "/model.h5"))
  }

  @Test("A value that no trial can use is found before anything is trained, with its place")
  func badValues() throws {
    let pictures = try StripedPictures(perClass: 8)
    func message(_ parameters: JSONValue, _ more: OrderedDictionary<String, JSONValue> = [:]) -> String {
      let error = #expect(throws: RecipeError.self) { try Self.sweep(Self.recipe(pictures), parameters, more) }
      return error?.description ?? ""
    }
    let rate = message([Self.rate: [0.1, -1.0], "l2": [0.0, 0.1, "much"]])
    #expect(rate.contains("\"\(Self.rate)\"[1]") && rate.contains("\"l2\"[2]"), "\(rate)")
    let path = message(["phases.0.optimizer.learning_rat": [0.1, 0.2]])
    #expect(path.contains("learning_rate"), "\(path)")
    #expect(message(["data.train": ["/nowhere"]]).contains("/nowhere"))
    #expect(message([Self.rate: [0.1]], ["monitor": "val_acuracy"]).contains("val_accuracy"))
    #expect(message(["model.layers.2.units": [0]]).contains("model.layers.2.units"))
  }

  @Test("Halving trains the better ones further, and the winner to the same bits as a run of its own")
  func halving() throws {
    let pictures = try StripedPictures(perClass: 12)
    let recipe = Self.recipe(pictures, epochs: 9)
    let rates: [JSONValue] = [0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]
    let counter = TrialCounter()
    let report = try Self.sweep(
      recipe, [Self.rate: .array(rates)], ["method": "successive_halving", "factor": 3, "monitor": "val_loss"])(
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
      let alone = try run(short, rate: try #require(result.settings[Self.rate]?.doubleValue))
      #expect(result.scores.first == alone.final?.loss)
    }
    let best = try #require(report.best)
    let alone = try run(recipe, rate: try #require(best.settings[Self.rate]?.doubleValue))
    #expect(best.score == alone.final?.loss)
    let models = try [report.output, alone.output].map { try ModelReference(path: $0 + "/model.h5").load().model }
    #expect(models[0].parameters.map(\.value) == models[1].parameters.map(\.value))
    #expect(!FileManager.default.fileExists(atPath: report.output + "/trials"))
  }

  @Test(
    "Stopped and resumed, it does what is left and ends with the same table", arguments: ["grid", "successive_halving"])
  func resume(_ method: String) throws {
    let pictures = try StripedPictures(perClass: 12)
    let recipe = Self.recipe(pictures, epochs: 4)
    let more: OrderedDictionary<String, JSONValue> =
      method == "grid" ? ["method": "grid"] : ["method": "successive_halving", "factor": 2]
    let parameters: JSONValue = [Self.rate: [0.0001, 0.001, 0.01, 0.1, 0.5]]
    func table(_ report: SweepReport) -> [String] {
      report.ranked.map { "\($0.number) \($0.status) \($0.scores) \($0.epochs)" }
    }
    let whole = TrialCounter()
    let expected = try Self.sweep(recipe, parameters, more)(on: Device(threads: 2), observer: whole)
    for stop in [1, 3, whole.count - 1] {
      let output = TemporaryFolder.path("sweep")
      let counter = TrialCounter()
      let first = try Self.sweep(recipe, parameters, more, output: output)(
        on: Device(threads: 1), observer: counter, shouldStop: { counter.count >= stop })
      #expect(first.isStopped)
      let rest = TrialCounter()
      let second = try Self.sweep(recipe, parameters, more, output: output)(
        on: Device(threads: 2), resumes: true, observer: rest)
      #expect(!second.isStopped)
      #expect(table(second) == table(expected), "\(method), stopped after \(stop)")
      #expect(try bytes(output + "/model.h5") == bytes(expected.output + "/model.h5"))
    }
    // With nothing left to do, nothing is trained; other pictures are refused.
    try FileManager.default.removeItem(atPath: pictures.folder + "/down/0.png")
    let error = #expect(throws: RunError.self) {
      try Self.sweep(recipe, parameters, more, output: expected.output)(on: Device(threads: 1), resumes: true)
    }
    #expect(error?.description.contains("the pictures") == true)
  }

  @Test("With folds the mean is ranked, and the winner is trained on all pictures")
  func folds() throws {
    let pictures = try StripedPictures(perClass: 9)
    let recipe = Self.recipe(pictures, folds: 3)
    let report = try Self.sweep(recipe, [Self.rate: [0.0001, 0.1]], ["monitor": "val_loss"])(on: Device(threads: 2))
    for result in report.ranked {
      let alone = try run(recipe, rate: try #require(result.settings[Self.rate]?.doubleValue))
      #expect(abs((result.score ?? 0) - (alone.final?.loss ?? 1)) < 1e-12)
      #expect(abs((result.standardError ?? 0) - (alone.folds?.standardError?.loss ?? 1)) < 1e-12)
    }
    let written = try Recipe(contentsOf: report.output + "/recipe.json")
    #expect(written.data.folds == FoldsRecipe(count: 3, refits: true))
    let again = try Run(Plan(written), on: Device(threads: 1), output: TemporaryFolder.path("again"))()
    #expect(try bytes(again.output + "/model.h5") == bytes(report.output + "/model.h5"))
  }

  @Test(
    "The winner alone meets the test part, as in a run of its own, whether kept or trained again",
    arguments: [false, true])
  func testPart(folds: Bool) throws {
    let pictures = try StripedPictures(perClass: 16)
    var recipe = Self.recipe(pictures, folds: folds ? 3 : nil)
    var data = try #require(recipe["data"]?.objectValue)
    data["test"] = ["fraction": 0.25]
    recipe["data"] = .object(data)
    let report = try Self.sweep(recipe, [Self.rate: [0.0001, 0.03]], ["monitor": "val_loss"])(on: Device(threads: 1))
    let test = try #require(report.test)
    #expect(test.samples == 8)
    #expect(report.json["test_loss"]?.doubleValue == test.loss)
    if folds {
      data["folds"] = ["count": 3, "refit": true]
      recipe["data"] = .object(data)
    }
    let rate = try #require(report.best?.settings[Self.rate]?.doubleValue)
    let alone = try run(recipe, rate: rate)
    #expect(alone.test?.samples == test.samples && alone.test?.loss == test.loss)
    let plan = try Plan(Recipe(.object(recipe), file: "r.json", folder: "/tmp"))
    // The three parts share no picture, in any fold.
    for plan in plan.folds.isEmpty ? [plan] : plan.folds {
      let parts = [plan.training, plan.validation, plan.test].map { Set($0?.paths ?? []) }
      #expect(parts.map(\.count).reduce(0, +) == 32 && parts.reduce(into: Set()) { $0.formUnion($1) }.count == 32)
    }
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
}

/// Counts trials, and how many of them each rung has.
private final class TrialCounter: SweepObserver {
  private let trials = Atomic(0)
  let rungs = Mutex<[Int]>([])

  var count: Int { trials.load(ordering: .relaxed) }

  func rungBegins(_ rung: Int, of count: Int, trials: Int, share: Double) { rungs.withLock { $0.append(trials) } }
  func trialEnded(_ result: TrialResult, isBest: Bool, done: Int, of count: Int) { trials.add(1, ordering: .relaxed) }
  func noted(_ message: String) {}
}
