import Foundation
import JSON
import Kernels
import Recipes
import TestSupport
import Testing
import Training

@Suite("The precision of training")
struct TrainingPrecisionTests {
  private let pictures: StripedPictures

  init() throws { pictures = try StripedPictures(perClass: 12) }

  private func plan(
    _ precision: JSONValue?, phases: JSONValue = ResumeTests.phases, cache: JSONValue = false
  ) throws -> Plan {
    var object = try pictures.plan(ResumeTests.layers, phases: phases, cache: cache).recipe.json.objectValue ?? [:]
    object["training_precision"] = precision
    return try Plan(Recipe(.object(object), file: "r.json", folder: pictures.folder))
  }

  private func model(_ report: RunReport) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: report.output + "/model.h5"))
  }

  /// What is used of bfloat16 on this machine.
  private let used = Device(threads: 1).training(in: .bfloat16).trainingPrecision

  @Test("It is float32 unless the recipe says otherwise, and the resolved recipe and the metrics say which it was")
  func decoding() throws {
    #expect(try plan(nil).recipe.trainingPrecision == .float32)
    #expect(try plan(nil).recipe.json["training_precision"] == "float32")
    #expect(try plan("bfloat16").recipe.json["training_precision"] == "bfloat16")
    let error = #expect(throws: RecipeError.self) { try plan("mixed_bfloat16") }
    let said = "training_precision: there is no \"mixed_bfloat16\". There is: float32, bfloat16."
    #expect(error.map { "\($0)".contains(said) } == true)

    let device = Device(threads: 2)
    let exact = try Run(plan(nil), on: device)()
    let rounded = try Run(plan("bfloat16"), on: device)()
    #expect(exact.trainingPrecision == .float32 && rounded.trainingPrecision == used)
    #expect(rounded.json["training_precision"] == .string(used.rawValue))
    #expect((rounded.history.records.map(\.loss) != exact.history.records.map(\.loss)) == (used == .bfloat16))
  }

  @Test("A run in bfloat16 goes on to the same file, and not as a run in float32")
  func resuming() throws {
    let expected = try model(Run(plan("bfloat16"), on: Device(threads: 2))())
    for stop in [2, 8, 13] {
      let plan = try plan("bfloat16")
      let counter = BatchCounter()
      let first = try Run(plan, on: Device(threads: 1))(observer: counter, shouldStop: { counter.count >= stop })
      #expect(first.isCancelled)
      let other = try self.plan(nil)
      let error = #expect(throws: RunError.self) {
        try Run(other, on: Device(threads: 1), output: first.output, resumes: true)()
      }
      #expect(error?.description.contains("the recipe") == true)
      let second = try Run(plan, on: Device(threads: 2), output: first.output, resumes: true)(observer: counter)
      #expect(try model(second) == expected, "stopped after \(stop)")
    }
  }

  @Test("The cache of features does not know it")
  func cache() throws {
    let cache: JSONValue = ["directory": .string(TemporaryFolder.path("cache"))]
    let device = Device(threads: 2)
    let first = try Run(plan("bfloat16", cache: cache), on: device)()
    let second = try Run(plan(nil, cache: cache), on: device)()
    let third = try Run(plan("bfloat16", cache: cache), on: device)()
    #expect(first.features.stored == 0 && second.features.images > 0)
    #expect(second.features.stored == second.features.images && third.features == second.features)
    #expect(try model(third) == model(first))
  }

  @Test("L-BFGS stays in float32, and the plan says so")
  func lbfgs() throws {
    let phases: JSONValue = [["name": "head", "train": ["classes"], "epochs": 3, "optimizer": "lbfgs"]]
    let plan = try plan("bfloat16", phases: phases)
    #expect(plan.warnings.contains { $0.path == "training_precision" && $0.message.contains("lbfgs") })
    #expect(try self.plan(nil, phases: phases).warnings.isEmpty)
    let device = Device(threads: 1)
    let exact = try Run(self.plan(nil, phases: phases), on: device)()
    #expect(try Run(plan, on: device)().history.records.map(\.loss) == exact.history.records.map(\.loss))
  }

  @Test("An estimate says what this machine makes of it")
  func estimate() throws {
    let estimate = try PlanEstimate(plan("bfloat16"), on: Device(threads: 1))
    #expect(estimate.trainingPrecision == used)
    #expect(try plan("bfloat16").json(estimate)["training_precision"] == .string(used.rawValue))
  }
}
