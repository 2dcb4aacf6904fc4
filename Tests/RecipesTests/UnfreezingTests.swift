import Foundation
import JSON
import Kernels
import Layers
import Recipes
import Synchronization
import Tensors
import TestSupport
import Testing
import Training

@Suite("A phase that thaws layers as it goes on")
struct UnfreezingTests {
  /// Every epoch's model is written; the rate falls along half a cosine wave over the whole phase.
  private static func phases(_ unfreeze: JSONValue, epochs: Int = 4, train: JSONValue = ["classes"]) -> JSONValue {
    [
      [
        "name": "gradual", "train": train, "unfreeze": unfreeze, "epochs": .integer(epochs), "batch_norm": "train",
        "layer_decay": 0.5,
        "optimizer": [
          "name": "adam", "learning_rate": ["name": "cosine_decay", "initial_learning_rate": 0.01],
        ],
        "early_stopping": ["patience": 9, "restore_best_weights": true],
      ]
    ]
  }

  private static func plan(_ pictures: StripedPictures, _ phases: JSONValue, layers: JSONValue = ResumeTests.layers)
    throws -> Plan
  {
    var value = try pictures.plan(layers, phases: phases).recipe.json.objectValue ?? [:]
    value["save"] = ["every_epochs": 1]
    return try Plan(Recipe(.object(value), file: "stripes.json", folder: pictures.folder))
  }

  private func model(_ report: RunReport, epoch: Int) throws -> Model {
    try ModelReference(path: "\(report.output)/model-epoch-00\(epoch).h5").load().model
  }

  @Test("In each epoch exactly the layers move that have thawed by then, and the schedule runs over the whole phase")
  func moves() throws {
    let pictures = try StripedPictures(perClass: 12)
    let unfreeze: JSONValue = ["every_epochs": 1, "groups": ["second", ["norm", "first"]]]
    let plan = try Self.plan(pictures, Self.phases(unfreeze))
    #expect(plan.phases.map(\.epochs) == [0..<1, 1..<2, 2..<4])
    #expect(plan.phases.map(\.thawed) == [[], ["second"], ["norm, first"]])
    // The frozen part ends earlier from stage to stage, and nothing before it has moved.
    #expect(plan.phases.allSatisfy { !$0.followsChange })
    let report = try Run(plan, on: Device(threads: 2))()
    var before = plan.model
    for (epoch, free) in [
      (1, ["classes"]), (2, ["classes", "second"]), (3, ["classes", "first", "norm", "second"]),
      (4, ["classes", "first", "norm", "second"]),
    ] {
      let after = try model(report, epoch: epoch)
      let moved = zip(before.parameters, after.parameters).filter { $0.value != $1.value }
      #expect(Set(moved.map { String($0.0.path.split(separator: "/")[0]) }).sorted() == free, "epoch \(epoch)")
      before = after
    }
    // 18 pictures in batches of 8 are three steps an epoch, twelve in the phase.
    let rates = report.history.records.map(\.learningRate)
    for (epoch, rate) in rates.enumerated() {
      let step = Double(3 * epoch + 2)
      #expect(abs(rate - 0.01 * 0.5 * (1 + cos(Double.pi * step / 12))) < 1e-12, "epoch \(epoch + 1)")
    }
    #expect(report.phases.count == 1 && report.phases[0].result.records.count == 4)
    #expect(report.phases[0].result.steps == 12)
    // The first kernel joined late; the others were looked at longer.
    #expect(report.phases[0].result.gradientFlow.rows.map(\.steps) == [2, 3, 4])
  }

  @Test("Without a list the model's groups thaw from the last to the first; without \"train\" it begins with the last")
  func groups() throws {
    let pictures = try StripedPictures(perClass: 8)
    var phases = Self.phases(["every_epochs": 2], epochs: 7)
    let plan = try Self.plan(pictures, phases)
    #expect(plan.phases.map(\.thawed) == [[], ["second"], ["norm"], ["first"]])
    #expect(plan.phases.map(\.epochs) == [0..<2, 2..<4, 4..<6, 6..<7])
    #expect(plan.phases.last?.trained == Set(plan.model.instances.indices))
    phases = Self.phases(["groups": 1], epochs: 3, train: .null)
    let short = try Self.plan(pictures, phases)
    #expect(short.phases.map(\.thawed) == [[], ["second"]])
    #expect(short.phases[0].trained.map { short.model.instances[$0].path }.contains("classes"))
  }

  @Test("What the optimiser remembers of a layer goes on when another thaws")
  func stateGoesOn() throws {
    let pictures = try StripedPictures(perClass: 12)
    let layers: JSONValue = [
      ["layer": "Conv2D", "name": "first", "filters": 6, "kernel_size": 3, "activation": "relu"],
      ["layer": "GlobalAveragePooling2D"],
      ["layer": "Dense", "name": "classes", "units": "classes", "activation": "softmax"],
    ]
    func classes(_ phases: JSONValue) throws -> [Float] {
      let report = try Run(Self.plan(pictures, phases, layers: layers), on: Device(threads: 2))()
      let end = try ModelReference(path: report.output + "/model.h5").load().model
      return try #require(end.parameters.first { $0.path == "classes/kernel" }).value.elements
    }
    let adam: JSONValue = ["name": "adam", "learning_rate": 0.02]
    func phase(_ name: String, _ epochs: Int, _ unfreeze: JSONValue = .null) -> JSONValue {
      [
        "name": .string(name), "train": ["classes"], "epochs": .integer(epochs), "optimizer": adam,
        "unfreeze": unfreeze,
        // What thaws stands still, so that only what the optimiser remembers can make a difference.
        "layer_rates": ["first": 0],
      ]
    }
    let never = try classes([phase("p", 4)])
    let thawed = try classes([phase("p", 4, ["every_epochs": 2])])
    let forgotten = try classes([phase("p", 2), phase("q", 2)])
    #expect(zip(never, thawed).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(zip(never, forgotten).contains { abs($0 - $1) > 1e-3 })
  }

  @Test("A newcomer has the rate that it would have if it were free from the beginning")
  func rates() throws {
    let pictures = try StripedPictures(perClass: 8)
    let rates = LayerRates(slice: LayerRates.Slice(first: 0.01, last: 1))
    let plan = try Self.plan(pictures, Self.phases(["every_epochs": 1]))
    var whole = plan.model
    whole.setTrained(Set(whole.instances.indices))
    let expected = try rates.factors(for: whole)
    for stage in plan.phases {
      var model = plan.model
      model.setTrained(stage.trained)
      #expect(try rates.factors(for: model, later: stage.trainedInTheEnd) == expected)
    }
    #expect(expected.first == 0.01 && expected.last == 1)
  }

  @Test("Ended after any batch, in any stage, it goes on to the same bytes", arguments: [true, false])
  func resumes(isAugmented: Bool) throws {
    let pictures = try StripedPictures(perClass: 12)
    func plan() throws -> Plan {
      var value =
        try pictures.plan(
          ResumeTests.layers, phases: Self.phases(["every_epochs": 1]),
          augment: isAugmented ? [["name": "random_flip"]] : []
        ).recipe.json.objectValue ?? [:]
      value["save"] = ["every_epochs": 2, "last": true, "best": true]
      return try Plan(Recipe(.object(value), file: "stripes.json", folder: pictures.folder))
    }
    func files(_ report: RunReport) throws -> [Data] {
      try ["model.h5", "model-epoch-004.h5", "model-last.h5", "model-best.h5"].map {
        try Data(contentsOf: URL(fileURLWithPath: report.output + "/" + $0))
      }
    }
    let expected = try files(Run(plan(), on: Device(threads: 2))())
    for stop in 1...11 {
      let plan = try plan()
      let counter = Batches()
      let first = try Run(plan, on: Device(threads: 1))(observer: counter, shouldStop: { counter.count >= stop })
      #expect(first.isCancelled)
      let second = try Run(plan, on: Device(threads: 2), resumes: true)(observer: counter)
      #expect(!second.isCancelled && counter.count == 12 && second.history.records.count == 4, "stopped after \(stop)")
      #expect(try files(second) == expected, "stopped after \(stop)")
    }
  }

  @Test("The best epoch is restored whole, also when it lies before a thaw")
  func restores() throws {
    let pictures = try StripedPictures(perClass: 12)
    var phases = Self.phases(["every_epochs": 1], epochs: 3)
    // A rate with which every later epoch is worse.
    let settings: [(String, JSONValue)] = [
      (
        "optimizer",
        ["name": "sgd", "learning_rate": ["name": "piecewise_constant_decay", "boundaries": [3], "values": [0, 3]]]
      ),
      ("layer_decay", .null),
    ]
    var phase = phases.arrayValue?[0].objectValue ?? [:]
    for (key, value) in settings { phase[key] = value }
    phases = .array([.object(phase)])
    let plan = try Self.plan(pictures, phases)
    let report = try Run(plan, on: Device(threads: 2))()
    let kept = try #require(report.phases[0].result.keptEpoch)
    #expect(kept == 1, "\(report.history.csv)")
    let end = try ModelReference(path: report.output + "/model.h5").load().model
    #expect(zip(end.parameters, plan.model.parameters).allSatisfy { $0.value == $1.value })
    #expect(try model(report, epoch: 3).parameters.map(\.value) != end.parameters.map(\.value))
  }

  @Test(
    "What cannot be meant is refused with its place",
    arguments: [
      (["groups": ["blok*"]], "unfreeze.groups[0]"),
      (["groups": ["second", "second"]], "unfreeze.groups[1]"),
      (["groups": 4], "unfreeze.groups"), (["groups": 0], "unfreeze.groups"),
      (["groups": [1]], "unfreeze.groups[0]"), (["every_epochs": 0], "unfreeze.every_epochs"),
      (["every_epoch": 1], "unfreeze.every_epoch"),
    ] as [(JSONValue, String)])
  func refused(_ unfreeze: JSONValue, _ place: String) throws {
    let pictures = try StripedPictures(perClass: 4)
    let error = #expect(throws: RecipeError.self) { try Self.plan(pictures, Self.phases(unfreeze)) }
    #expect(error?.problems.contains { $0.path == "phases[0]." + place } == true, "\(error?.description ?? "")")
  }
}

/// Counts batches.
private final class Batches: RunObserver, Sendable {
  private let batches = Atomic(0)

  var count: Int { batches.load(ordering: .relaxed) }

  func batchEnded(_ progress: BatchProgress) { batches.add(1, ordering: .relaxed) }
}
