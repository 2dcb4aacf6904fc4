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
  @Test("Every trial is what a run of its own would have been, and the winner is written", arguments: [1, 2])
  func trialsAreRuns(threads: Int) throws {
    let pictures = try StripedPictures(perClass: 12)
    let recipe = StripedSweep.recipe(pictures)
    let report = try StripedSweep.sweep(
      recipe, [StripedSweep.rate: [0.0001, 0.03, 1.0], "phases.0.optimizer.name": ["adam", "sgd"]],
      ["monitor": "val_loss"])(on: Device(threads: threads))
    #expect(report.ranked.count == 6 && report.others.isEmpty)
    var least = Double.infinity
    var best = ""
    for result in report.ranked {
      let rate = try #require(result.settings[StripedSweep.rate]?.doubleValue)
      let optimizer = try #require(result.settings["phases.0.optimizer.name"]?.stringValue)
      let alone = try StripedSweep.run(recipe, rate: rate, optimizer: optimizer)
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
    #expect(try StripedSweep.bytes(again.output + "/model.h5") == StripedSweep.bytes(report.output + "/model.h5"))
    let files = try FileManager.default.contentsOfDirectory(atPath: report.output).sorted()
    #expect(files == ["history.csv", "metrics.json", "model.h5", "recipe.json", "sweep.csv", "sweep.json"])
    let rows = try String(contentsOfFile: report.output + "/sweep.csv", encoding: .utf8).split(separator: "\n")
    #expect(rows.count == 7 && rows[0].hasPrefix("rank,trial,status,\(StripedSweep.rate),phases.0.optimizer.name,"))
    #expect(rows[1].hasPrefix("1,\(report.best?.number ?? 0),finished,"))
  }

  @Test("What diverges is a row, what does not go together as well; the others are ranked")
  func failures() throws {
    let pictures = try StripedPictures(perClass: 8)
    // Only SGD has momentum.
    let sweep = try StripedSweep.sweep(
      StripedSweep.recipe(pictures),
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
    let diverging = try StripedSweep.sweep(StripedSweep.recipe(pictures), [StripedSweep.rate: [3.4e38, 0.01]])(
      on: Device(threads: 2))
    #expect(diverging.ranked.map(\.number) == [2] && diverging.best?.number == 2)
    #expect(diverging.others.map(\.status) == [.failed])
    #expect(diverging.others.first?.reason?.contains("not a number") == true)
    let none = try StripedSweep.sweep(StripedSweep.recipe(pictures), [StripedSweep.rate: [3.4e38]])(
      on: Device(threads: 1))
    #expect(none.best == nil && !none.isWritten)
    #expect(!FileManager.default.fileExists(atPath: none.output + "/model.h5"))
  }

  @Test("A value that no trial can use is found before anything is trained, with its place")
  func badValues() throws {
    let pictures = try StripedPictures(perClass: 8)
    func message(_ parameters: JSONValue, _ more: OrderedDictionary<String, JSONValue> = [:]) -> String {
      let error = #expect(throws: RecipeError.self) {
        try StripedSweep.sweep(StripedSweep.recipe(pictures), parameters, more)
      }
      return error?.description ?? ""
    }
    let rate = message([StripedSweep.rate: [0.1, -1.0], "l2": [0.0, 0.1, "much"]])
    #expect(rate.contains("\"\(StripedSweep.rate)\"[1]") && rate.contains("\"l2\"[2]"), "\(rate)")
    let path = message(["phases.0.optimizer.learning_rat": [0.1, 0.2]])
    #expect(path.contains("learning_rate"), "\(path)")
    #expect(message(["data.train": ["/nowhere"]]).contains("/nowhere"))
    #expect(message([StripedSweep.rate: [0.1]], ["monitor": "val_acuracy"]).contains("val_accuracy"))
    #expect(message(["model.layers.2.units": [0]]).contains("model.layers.2.units"))
  }

  @Test("With folds the mean is ranked, and the winner is trained on all pictures")
  func folds() throws {
    let pictures = try StripedPictures(perClass: 9)
    let recipe = StripedSweep.recipe(pictures, folds: 3)
    let report = try StripedSweep.sweep(recipe, [StripedSweep.rate: [0.0001, 0.1]], ["monitor": "val_loss"])(
      on: Device(threads: 2))
    for result in report.ranked {
      let alone = try StripedSweep.run(recipe, rate: try #require(result.settings[StripedSweep.rate]?.doubleValue))
      #expect(abs((result.score ?? 0) - (alone.final?.loss ?? 1)) < 1e-12)
      #expect(abs((result.standardError ?? 0) - (alone.folds?.standardError?.loss ?? 1)) < 1e-12)
    }
    let written = try Recipe(contentsOf: report.output + "/recipe.json")
    #expect(written.data.folds == FoldsRecipe(count: 3, refits: true))
    let again = try Run(Plan(written), on: Device(threads: 1), output: TemporaryFolder.path("again"))()
    #expect(try StripedSweep.bytes(again.output + "/model.h5") == StripedSweep.bytes(report.output + "/model.h5"))
  }

  @Test(
    "The winner alone meets the test part, as in a run of its own, whether kept or trained again",
    arguments: [false, true])
  func testPart(folds: Bool) throws {
    let pictures = try StripedPictures(perClass: 16)
    var recipe = StripedSweep.recipe(pictures, folds: folds ? 3 : nil)
    var data = try #require(recipe["data"]?.objectValue)
    data["test"] = ["fraction": 0.25]
    recipe["data"] = .object(data)
    let report = try StripedSweep.sweep(recipe, [StripedSweep.rate: [0.0001, 0.03]], ["monitor": "val_loss"])(
      on: Device(threads: 1))
    let test = try #require(report.test)
    #expect(test.samples == 8)
    #expect(report.json["test_loss"]?.doubleValue == test.loss)
    if folds {
      data["folds"] = ["count": 3, "refit": true]
      recipe["data"] = .object(data)
    }
    let rate = try #require(report.best?.settings[StripedSweep.rate]?.doubleValue)
    let alone = try StripedSweep.run(recipe, rate: rate)
    #expect(alone.test?.samples == test.samples && alone.test?.loss == test.loss)
    let plan = try Plan(Recipe(.object(recipe), file: "r.json", folder: "/tmp"))
    // The three parts share no picture, in any fold.
    for plan in plan.folds.isEmpty ? [plan] : plan.folds {
      let parts = [plan.training, plan.validation, plan.test].map { Set($0?.paths ?? []) }
      #expect(parts.map(\.count).reduce(0, +) == 32 && parts.reduce(into: Set()) { $0.formUnion($1) }.count == 32)
    }
  }
}
