import Foundation
import JSON
import Kernels
import Layers
import Recipes
import Tensors
import TestSupport
import Testing

@Suite("Models that a run writes on the way")
struct SaveTests {
  private static func plan(_ pictures: StripedPictures, _ save: JSONValue, restore: String) throws -> Plan {
    let phases: JSONValue = [
      ["name": "one", "train": ["classes"], "epochs": 2, "optimizer": "adam"],
      [
        "name": "two", "epochs": 3, "optimizer": ["name": "adam", "learning_rate": 0.05],
        "early_stopping": ["patience": 5, "restore": .string(restore)],
      ],
    ]
    var value = try pictures.plan(ResumeTests.layers, phases: phases).recipe.json.objectValue ?? [:]
    value["save"] = save
    value["save_optimizer"] = true
    return try Plan(Recipe(.object(value), file: "stripes.json", folder: pictures.folder))
  }

  private func weights(_ report: RunReport, _ name: String) throws -> [[Float]] {
    try ModelReference(path: report.output + "/" + name).load().model.parameters.map(\.value.elements)
  }

  @Test("Every second epoch of the whole run, the last and the best")
  func files() throws {
    let pictures = try StripedPictures(perClass: 12)
    let save: JSONValue = ["every_epochs": 2, "last": true, "best": true]
    let report = try Run(Self.plan(pictures, save, restore: "last"), on: Device(threads: 2))()
    let models = try FileManager.default.contentsOfDirectory(atPath: report.output).filter { $0.contains("model") }
    #expect(
      models.sorted() == ["model-best.h5", "model-epoch-002.h5", "model-epoch-004.h5", "model-last.h5", "model.h5"])
    #expect(
      report.savedModels == ["model-epoch-002.h5", "model-epoch-004.h5", "model-last.h5", "model-best.h5"])
    #expect(try weights(report, "model-last.h5") == weights(report, "model.h5"))
    #expect(try weights(report, "model-epoch-002.h5") != weights(report, "model-epoch-004.h5"))
    // They are whole models, labels and the optimizer's state inside.
    let loaded = try ModelReference(path: report.output + "/model-epoch-004.h5").load()
    #expect(loaded.labels == ["across", "down"])

    let best = try Run(Self.plan(pictures, save, restore: "best"), on: Device(threads: 2))()
    #expect(try weights(best, "model-best.h5") == weights(best, "model.h5"))
    #expect(try weights(best, "model-best.h5") == weights(report, "model-best.h5"))
  }

  @Test("Nothing is asked for, nothing is written; a setting without anything to save is refused")
  func nothing() throws {
    let pictures = try StripedPictures(perClass: 4)
    let plan = try Self.plan(pictures, ["last": false], restore: "last")
    let report = try Run(plan, on: Device(threads: 1))()
    #expect(try FileManager.default.contentsOfDirectory(atPath: report.output).count { $0.contains("model") } == 1)
    let error = #expect(throws: RecipeError.self) { try Self.plan(pictures, [:], restore: "last") }
    #expect(error?.problems.first?.path == "save")
  }
}
