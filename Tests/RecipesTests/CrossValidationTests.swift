import Foundation
import JSON
import Kernels
import Layers
import Recipes
import Synchronization
import TestSupport
import Testing
import Training

@Suite("Cross-validation")
struct CrossValidationTests {
  static let phases: JSONValue = [
    ["name": "head", "train": ["classes"], "epochs": 3, "optimizer": ["name": "adam", "learning_rate": 0.05]],
    ["name": "all", "epochs": 2, "optimizer": ["name": "adam", "learning_rate": 0.01]],
  ]

  /// A recipe on stripes.
  static func recipe(
    _ pictures: StripedPictures, folds: JSONValue?, validation: JSONValue? = nil, phases: JSONValue = phases,
    more: OrderedDictionary<String, JSONValue> = [:]
  ) throws -> Recipe {
    var data: OrderedDictionary<String, JSONValue> = ["train": .string(pictures.folder), "batch_size": 8]
    data["folds"] = folds
    data["validation"] = validation
    var value: OrderedDictionary<String, JSONValue> = [
      "seed": 5, "model": ["layers": ResumeTests.layers, "input_size": [12, 12]], "data": .object(data),
      "phases": phases, "cache": false, "output": .string(TemporaryFolder.path("folds")),
    ]
    value.merge(more) { $1 }
    return try Recipe(.object(value), file: "r.json", folder: pictures.folder)
  }

  @Test("Each fold is what a run of that fold alone gives, and the frozen part is computed once for each picture")
  func foldsAreRuns() throws {
    let pictures = try StripedPictures(perClass: 10)
    let report = try Run(Plan(Self.recipe(pictures, folds: 4)), on: Device(threads: 2))()
    let summary = try #require(report.folds)
    #expect(report.features == FeatureUse(images: 20, stored: 0))
    for number in 1...4 {
      let folder = "\(report.output)/fold-\(number)"
      // By the recipe that the fold left, and by one that names the fold.
      for recipe in [
        try Recipe(contentsOf: folder + "/recipe.json"),
        try Self.recipe(pictures, folds: nil, validation: ["fold": .integer(number), "of": 4]),
      ] {
        let alone = try Run(Plan(recipe), on: Device(threads: 1), output: TemporaryFolder.path("alone"))()
        #expect(try bytes(alone.output + "/model.h5") == bytes(folder + "/model.h5"))
        #expect(alone.final == summary.folds[number - 1].result)
      }
    }
  }

  @Test("metrics.json has the mean and the standard error; predictions.csv every picture, once")
  func metrics() throws {
    let pictures = try StripedPictures(perClass: 11)
    let report = try Run(Plan(Self.recipe(pictures, folds: 3)), on: Device(threads: 2))()
    let metrics = try JSONValue(parsing: String(contentsOfFile: report.output + "/metrics.json", encoding: .utf8))
    let values = try #require(metrics["folds"]?.arrayValue).compactMap { $0["val_accuracy"]?.doubleValue }
    #expect(values.count == 3)
    // Of three numbers, written out.
    let mean = (values[0] + values[1] + values[2]) / 3
    var squares = 0.0
    for value in values { squares += (value - mean) * (value - mean) }
    #expect(abs(try #require(metrics["val_accuracy"]?.doubleValue) - mean) < 1e-12)
    let error = try #require(metrics["standard_error"]?["val_accuracy"]?.doubleValue)
    #expect(abs(error - (squares / 2).squareRoot() / 3.0.squareRoot()) < 1e-12)
    #expect(!FileManager.default.fileExists(atPath: report.output + "/model.h5"))
    #expect(!FileManager.default.fileExists(atPath: report.output + "/checkpoints"))

    let rows = try String(contentsOfFile: report.output + "/predictions.csv", encoding: .utf8).split(separator: "\n")
      .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(rows[0] == ["file", "fold", "label", "predicted", "across", "down"])
    #expect(Set(rows.dropFirst().map { $0[0] }).count == 22 && rows.count == 23)
    for fold in 1...3 {
      let own = rows.dropFirst().filter { $0[1] == "\(fold)" }
      let hits = own.count { $0[2] == $0[3] }
      #expect(abs(Double(hits) / Double(own.count) - values[fold - 1]) < 1e-12)
      #expect(own.allSatisfy { abs((Double($0[4]) ?? 0) + (Double($0[5]) ?? 0) - 1) < 1e-5 })
      #expect(own.allSatisfy { $0[0].hasPrefix($0[2] + "/") })
    }
  }

  @Test("With refit the last model is that of all pictures, for as many epochs as the folds kept")
  func refit() throws {
    let pictures = try StripedPictures(perClass: 8)
    let stopping: OrderedDictionary<String, JSONValue> = [
      "early_stopping": ["monitor": "val_loss", "patience": 1, "restore_best_weights": true]
    ]
    let phases: JSONValue = [
      [
        "name": "all", "epochs": 8,
        "optimizer": ["name": "sgd", "learning_rate": ["name": "one_cycle", "max_learning_rate": 1.0]],
      ]
    ]
    let recipe = try Self.recipe(pictures, folds: ["count": 2, "refit": true], phases: phases, more: stopping)
    let report = try Run(Plan(recipe), on: Device(threads: 2))()
    let kept = try #require(report.folds).folds.map { $0.keptEpochs[0] }
    let epochs = Int((Double(kept[0] + kept[1]) / 2).rounded())
    #expect(report.history.records.count == epochs)
    // The schedule stays that of eight epochs.
    var shorter = try #require(phases.arrayValue?.first?.objectValue)
    shorter["last_epoch"] = .integer(epochs)
    let plain = try Self.recipe(pictures, folds: nil, phases: [.object(shorter)])
    let other = try Run(Plan(plain), on: Device(threads: 1))()
    let models = try [report, other].map { try ModelReference(path: $0.output + "/model.h5").load().model }
    for (first, second) in zip(models[0].parameters, models[1].parameters) { #expect(first.value == second.value) }
    #expect(other.history.records.map(\.learningRate) == report.history.records.map(\.learningRate))
  }

  @Test("Ended after any number of batches, it goes on with the unfinished fold, to the same bits")
  func resume() throws {
    let pictures = try StripedPictures(perClass: 6)
    func plan() throws -> Plan { try Plan(Self.recipe(pictures, folds: ["count": 3, "refit": true])) }
    let expected = try Run(plan(), on: Device(threads: 2))()
    // One batch an epoch in every fold (8 pictures), two in the refit (12): 3 · 5 + 10.
    let whole = FoldCounter()
    _ = try Run(plan(), on: Device(threads: 1))(observer: whole)
    #expect(whole.count == 25)
    for stop in [1, 4, 5, 7, 11, 15, 16, 24] {
      let plan = try plan()
      let counter = FoldCounter()
      let first = try Run(plan, on: Device(threads: 1))(observer: counter, shouldStop: { counter.count >= stop })
      #expect(first.isCancelled, "stopped after \(stop)")
      #expect(!FileManager.default.fileExists(atPath: first.output + "/metrics.json"))
      let second = try Run(plan, on: Device(threads: 2), resumes: true)(observer: counter)
      #expect(!second.isCancelled && counter.count == 25, "stopped after \(stop): \(counter.count)")
      #expect(second.final == expected.final)
      for file in ["fold-1/model.h5", "fold-2/model.h5", "fold-3/model.h5", "model.h5", "predictions.csv"] {
        #expect(try bytes("\(second.output)/\(file)") == bytes("\(expected.output)/\(file)"), "\(file) after \(stop)")
      }
      #expect(!FileManager.default.fileExists(atPath: second.output + "/checkpoints"))
    }
  }

  @Test("Finished folds of another recipe are refused")
  func otherRecipe() throws {
    let pictures = try StripedPictures(perClass: 6)
    let plan = try Plan(Self.recipe(pictures, folds: 2))
    let counter = FoldCounter()
    let first = try Run(plan, on: Device(threads: 1))(observer: counter, shouldStop: { counter.count >= 6 })
    let other = try Plan(Self.recipe(pictures, folds: 2, more: ["l2": 0.1]))
    let error = #expect(throws: RunError.self) {
      try Run(other, on: Device(threads: 1), output: first.output, resumes: true)()
    }
    #expect(error?.description.contains("the recipe") == true)
  }

  @Test("Impossible folds are found by the plan, with their place and what to do")
  func problems() throws {
    let pictures = try StripedPictures(perClass: 4)
    func message(
      _ folds: JSONValue?, validation: JSONValue? = nil, more: OrderedDictionary<String, JSONValue> = [:]
    ) -> String {
      let error = #expect(throws: RecipeError.self) {
        try Plan(Self.recipe(pictures, folds: folds, validation: validation, more: more))
      }
      return error?.description ?? ""
    }
    let many = message(5)
    #expect(many.contains("data.folds") && many.contains("across") && many.contains("4"))
    let both = message(5, more: ["class_weight": ["acros": 2], "metrics": ["acuracy"]])
    for place in ["data.folds", "class_weight.acros", "metrics[0]"] { #expect(both.contains("\(place): "), "\(both)") }
    #expect(message(3, validation: ["fraction": 0.2]).contains("leave one out"))
    #expect(message(1).contains("data.folds.count"))
    #expect(message(2.5).contains("data.folds"))
    #expect(message(["count": 2, "refits": true]).contains("\"refit\""))
    #expect(message(["refit": true]).contains("how many"))
    #expect(message(nil, validation: ["fold": 4, "of": 3]).contains("data.validation.fold"))
    #expect(message(nil, validation: ["fold": 1]).contains("data.validation.of"))
    let plateau = message(
      ["count": 2, "refit": true], more: ["reduce_lr_on_plateau": ["monitor": "val_loss", "patience": 1]])
    #expect(plateau.contains("reduce_lr_on_plateau") && plateau.contains("refit"))
    // Written and read again it says the same.
    let recipe = try Self.recipe(pictures, folds: ["count": 3, "refit": true])
    #expect(recipe.data.folds == FoldsRecipe(count: 3, refits: true))
    #expect(try Recipe(recipe.json, file: "again.json", folder: "/").data.folds == recipe.data.folds)
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
}

/// Counts batches.
private final class FoldCounter: RunObserver, Sendable {
  private let batches = Atomic(0)
  var count: Int { batches.load(ordering: .relaxed) }
  func batchEnded(_ progress: BatchProgress) { batches.add(1, ordering: .relaxed) }
}
