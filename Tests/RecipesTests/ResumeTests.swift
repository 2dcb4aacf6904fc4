import Foundation
import JSON
import Kernels
import Recipes
import Synchronization
import TestSupport
import Testing
import Training

@Suite("A run that was ended goes on to the same file")
struct ResumeTests {
  static let layers: JSONValue = [
    ["layer": "Conv2D", "name": "first", "filters": 6, "kernel_size": 3, "use_bias": false],
    ["layer": "BatchNormalization", "name": "norm", "momentum": 0.8],
    ["layer": "ReLU"],
    ["layer": "Conv2D", "name": "second", "filters": 8, "kernel_size": 3, "activation": "relu"],
    ["layer": "GlobalAveragePooling2D"],
    ["layer": "Dropout", "rate": 0.3],
    ["layer": "Dense", "name": "classes", "units": "classes", "activation": "softmax"],
  ]
  static let phases: JSONValue = [
    ["name": "head", "train": ["classes", "second"], "epochs": 2, "optimizer": "adam"],
    [
      "name": "all", "batch_norm": "train", "epochs": 3,
      "optimizer": ["name": "sgd", "learning_rate": 0.01, "momentum": 0.9],
    ],
  ]

  @Test(
    "Stopped after any number of batches, in either phase, with augmentation or without",
    arguments: [[], [["name": "random_flip"]], AugmentedRunTests.augment] as [JSONValue])
  func stopped(_ augment: JSONValue) throws {
    let pictures = try StripedPictures(perClass: 12)
    func plan() throws -> Plan { try pictures.plan(Self.layers, phases: Self.phases, augment: augment) }
    let expected = try model(Run(plan(), on: Device(threads: 2))())
    // Three batches an epoch, five epochs.
    for stop in 1...14 {
      let plan = try plan()
      let counter = BatchCounter()
      let first = try Run(plan, on: Device(threads: 1))(observer: counter, shouldStop: { counter.count >= stop })
      #expect(first.isCancelled)
      #expect(try FileManager.default.contentsOfDirectory(atPath: first.output + "/checkpoints").count == 1)
      let second = try Run(plan, on: Device(threads: 2), resumes: true)(observer: counter)
      #expect(!second.isCancelled && counter.count == 15, "stopped after \(stop)")
      #expect(second.history.records.count == 5)
      #expect(try model(second) == expected, "stopped after \(stop)")
      #expect(!FileManager.default.fileExists(atPath: second.output + "/checkpoints"))
    }
  }

  @Test("Another recipe, other pictures: refused, with what differs")
  func otherRun() throws {
    let pictures = try StripedPictures(perClass: 12)
    let plan = try pictures.plan(Self.layers, phases: Self.phases)
    let counter = BatchCounter()
    let report = try Run(plan, on: Device(threads: 1))(observer: counter, shouldStop: { counter.count >= 2 })
    let other = try pictures.plan(Self.layers, phases: Self.phases, seed: 6)
    let error = #expect(throws: RunError.self) {
      try Run(other, on: Device(threads: 1), output: report.output, resumes: true)()
    }
    #expect(error?.description.contains("the recipe") == true && error?.description.contains("--resume") == true)
    try FileManager.default.removeItem(atPath: pictures.folder + "/down/0.png")
    let fewer = try Plan(plan.recipe)
    let missing = #expect(throws: RunError.self) {
      try Run(fewer, on: Device(threads: 1), output: report.output, resumes: true)()
    }
    #expect(missing?.description.contains("the pictures") == true)
    // What is there stays.
    #expect(try FileManager.default.contentsOfDirectory(atPath: report.output + "/checkpoints").count == 1)
  }

  @Test("With nothing to resume it starts afresh and says so; a fresh run says what it replaces")
  func nothingThere() throws {
    let pictures = try StripedPictures(perClass: 8)
    let plan = try pictures.plan(Self.layers, phases: Self.phases)
    let counter = BatchCounter()
    _ = try Run(plan, on: Device(threads: 1), resumes: true)(observer: counter)
    #expect(counter.notes.contains { $0.contains("nothing to resume") })
    let stopper = BatchCounter()
    _ = try Run(plan, on: Device(threads: 1))(observer: stopper, shouldStop: { stopper.count >= 1 })
    let fresh = BatchCounter()
    _ = try Run(plan, on: Device(threads: 1))(observer: fresh)
    #expect(fresh.notes.contains { $0.contains("--resume") })
  }

  private func model(_ report: RunReport) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: report.output + "/model.h5"))
  }
}

/// Counts batches and keeps what it is told.
final class BatchCounter: RunObserver, Sendable {
  private let batches = Atomic(0)
  private let lines = Mutex<[String]>([])

  var count: Int { batches.load(ordering: .relaxed) }
  var notes: [String] { lines.withLock { $0 } }

  func batchEnded(_ progress: BatchProgress) { batches.add(1, ordering: .relaxed) }
  func noted(_ message: String) { lines.withLock { $0.append(message) } }
}
