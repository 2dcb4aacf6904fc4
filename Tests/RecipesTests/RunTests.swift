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

@Suite("A run, from pictures to a model file")
struct RunTests {
  @Test("A small network learns stripes, and its file gives the same answers again")
  func learns() throws {
    let pictures = try StripedPictures(perClass: 24)
    let report = try pictures.run(Self.layers, epochs: 12)
    let accuracy = try #require(report.final?.metrics.first { $0.name == "accuracy" })
    #expect(accuracy.value >= 0.9, "\(report.history.csv)")
    let files = try FileManager.default.contentsOfDirectory(atPath: report.output).sorted()
    #expect(files == ["history.csv", "metrics.json", "model.h5", "recipe.json"])

    let loaded = try ModelReference(path: report.output + "/model.h5").load()
    #expect(loaded.labels == ["across", "down"])
    let evaluation = try PictureEvaluation(loaded, on: pictures.folder, task: nil, device: Device(threads: 2))
    #expect(evaluation.imageCount == 48)
    #expect((evaluation.result.metrics.first?.value ?? 0) >= 0.9)
    let metrics = try JSONValue(parsing: String(contentsOfFile: report.output + "/metrics.json", encoding: .utf8))
    #expect(metrics["val_accuracy"]?.doubleValue == accuracy.value)
    #expect(metrics["frozen"]?["unchanged"] == true)
  }

  @Test("The same seed gives the same file, with one thread or two; another seed gives another")
  func reproducible() throws {
    let pictures = try StripedPictures(perClass: 12)
    let files = try [(1, 5), (2, 5), (2, 6)].map { threads, seed in
      let report = try pictures.run(Self.layers, epochs: 2, seed: seed, threads: threads)
      return try Data(contentsOf: URL(fileURLWithPath: report.output + "/model.h5"))
    }
    #expect(files[0] == files[1])
    #expect(files[1] != files[2])
  }

  @Test("A model remembers how its pictures were decoded")
  func decoding() throws {
    let pictures = try StripedPictures(perClass: 4)
    let plan = try pictures.plan(Self.layers, decoding: "scaled")
    #expect(plan.recipe.data.decoding == .scaled)
    let report = try Run(plan, on: Device(threads: 2))()
    #expect(try ModelReference(path: report.output + "/model.h5").load().decoding == .scaled)
    #expect(try ModelReference(path: report.output + "/model.h5", decoding: .exact).load().decoding == .exact)
  }

  @Test("Two phases: the second thaws more, what stays frozen throughout is counted and unchanged")
  func phases() throws {
    let pictures = try StripedPictures(perClass: 12)
    let phases: JSONValue = [
      ["name": "head", "train": ["classes"], "epochs": 2, "optimizer": "adam"],
      ["name": "deeper", "freeze_through": "first", "epochs": 2, "optimizer": "adam"],
    ]
    let plan = try pictures.plan(Self.layers, phases: phases)
    #expect(plan.phases[0].boundarySize < plan.phases[1].boundarySize)
    let report = try Run(plan, on: Device(threads: 2))()
    // The kernel and the bias of the first convolution.
    #expect(report.frozenTensorCount == 2)
    let before = plan.model
    let after = try ModelReference(path: report.output + "/model.h5").load().model
    for (old, new) in zip(before.parameters, after.parameters) {
      #expect((old.value == new.value) == old.path.hasPrefix("first/"), "\(old.path)")
    }
  }

  @Test("What was trained is not read from the cache of an earlier phase")
  func freezingWhatWasTrained() throws {
    let pictures = try StripedPictures(perClass: 8)
    let phases: JSONValue = [
      ["name": "all", "epochs": 1, "optimizer": ["name": "sgd", "learning_rate": 0.5]],
      ["name": "head", "train": ["classes"], "epochs": 1, "optimizer": ["name": "sgd", "learning_rate": 0.0001]],
    ]
    let plan = try pictures.plan(Self.layers, phases: phases)
    #expect(plan.phases[1].followsChange)
    let report = try Run(plan, on: Device(threads: 1))()
    // The last validation result is that of the file, computed from the pictures anew.
    let loaded = try ModelReference(path: report.output + "/model.h5").load()
    let again = try PictureEvaluation(loaded, on: pictures.folder, task: nil, device: Device(threads: 1))
    #expect(again.result.loss.isFinite)
    let final = try #require(report.final)
    let validation = try #require(plan.validation)
    let alone = try Prediction(loaded, of: validation.paths, topCount: 2, on: Device(threads: 1))
    let hits = zip(alone.pictures, validation.names).count { $0.classes[0].label == $1.split(separator: "/")[0] }
    #expect(abs(Double(hits) / Double(validation.count) - (final.metrics.first?.value ?? -1)) < 1e-9)
  }

  @Test("An unreadable picture is named and left out; too many end the run before training")
  func unreadable() throws {
    let pictures = try StripedPictures(perClass: 12)
    try Data([0xFF, 0xD8, 0xFF, 0xE0, 0, 1]).write(to: URL(fileURLWithPath: pictures.folder + "/down/broken.jpg"))
    let report = try pictures.run(Self.layers, epochs: 1, limit: 0.1)
    #expect(report.skipped.map(\.path).allSatisfy { $0.hasSuffix("down/broken.jpg") })
    #expect(report.skipped.count == 1)
    #expect(report.imageCount == 24)
    let error = #expect(throws: RunError.self) { try pictures.run(Self.layers, epochs: 1, limit: 0.01) }
    #expect(error?.description.contains("broken.jpg") == true)
  }

  @Test("A run without one readable picture to validate with ends before training, whatever the limit")
  func nothingToValidateWith() throws {
    let pictures = try StripedPictures(perClass: 12)
    let plan = try pictures.plan(Self.layers, epochs: 1, limit: 1)
    let validation = try #require(plan.validation)
    for path in validation.paths { try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path)) }
    let error = #expect(throws: RunError.self) { try Run(plan, on: Device(threads: 1))() }
    #expect(error?.description.contains("validation") == true)
    for path in plan.training.paths { try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path)) }
    #expect(throws: RunError.self) { try Run(plan, on: Device(threads: 1))() }
  }

  @Test("With augmentation the pictures are gone through once, not again for every phase", arguments: [true, false])
  func augmentedPhases(_ isAugmented: Bool) throws {
    let pictures = try StripedPictures(perClass: 8)
    let phases: JSONValue = [
      ["name": "head", "train": ["classes"], "epochs": 1, "optimizer": "adam"],
      ["name": "again", "train": ["classes"], "epochs": 1, "optimizer": "adam"],
    ]
    let plan = try pictures.plan(
      Self.layers, phases: phases, augment: isAugmented ? [["name": "random_flip"]] : [])
    let observer = CountingObserver()
    _ = try Run(plan, on: Device(threads: 1))(observer: observer)
    #expect(observer.passes.load(ordering: .relaxed) == 1)
  }

  @Test("A regression on a table learns a number")
  func regression() throws {
    let folder = TemporaryFolder.path("table")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var lines = ["file,brightness"]
    for index in 0..<40 {
      let grey = UInt8(index * 6)
      let image = PixelImage(width: 8, height: 8, mode: .grayscale, pixels: [UInt8](repeating: grey, count: 64))
      try ImageEncoder.writePNG(image, to: folder + "/\(index).png")
      lines.append("\(index).png,\(Double(grey) / 255)")
    }
    try lines.joined(separator: "\n").write(toFile: folder + "/table.csv", atomically: true, encoding: .utf8)
    let value: JSONValue = [
      "model": [
        "layers": [["layer": "GlobalAveragePooling2D"], ["layer": "Dense", "units": 1]], "input_size": [8, 8],
        "channels": 1, "preprocessing": "unit",
      ],
      "data": ["train": "table.csv", "task": "regression", "validation": ["fraction": 0.2], "batch_size": 8],
      "phases": [["epochs": 60, "optimizer": ["name": "adam", "learning_rate": 0.05]]], "cache": false,
    ]
    let report = try Run(Plan(Recipe(value, file: "r.json", folder: folder)), on: Device(threads: 1))()
    let error = try #require(report.final?.metrics.first { $0.name == "root_mean_squared_error" })
    #expect(error.value < 0.05)
    // The file knows what its number is called, and is measured on a table again.
    let loaded = try ModelReference(path: report.output + "/model.h5").load()
    #expect(loaded.labels == ["brightness"])
    let again = try PictureEvaluation(loaded, on: folder + "/table.csv", task: nil, device: Device(threads: 1))
    #expect(again.imageCount == 40)
    #expect((again.result.metrics.first?.value ?? 1) < 0.05)
    // What it predicts is a value, and no probability.
    let prediction = try Prediction(loaded, of: [folder + "/30.png"], topCount: 5, on: Device(threads: 1))
    let found = try #require(prediction.json.arrayValue?.first?["predictions"]?.arrayValue)
    #expect(found.count == 1 && found[0]["label"] == "brightness" && found[0]["probability"] == nil)
    #expect(abs((found[0]["value"]?.doubleValue ?? 9) - 180.0 / 255) < 0.1)
    #expect(prediction.csv.hasPrefix("file,rank,label,value\n") && prediction.csv.contains(",1,brightness,0."))
  }

  @Test("Stopped in the middle, it writes the best model so far")
  func stopped() throws {
    let pictures = try StripedPictures(perClass: 12)
    let plan = try pictures.plan(Self.layers, epochs: 1_000_000)
    let deadline = Date().addingTimeInterval(1)
    let report = try Run(plan, on: Device(threads: 1))(shouldStop: { Date() > deadline })
    let isCancelled = report.isCancelled
    #expect(isCancelled)
    #expect(FileManager.default.fileExists(atPath: report.output + "/model.h5"))
  }

  static let layers: JSONValue = [
    ["layer": "Conv2D", "name": "first", "filters": 6, "kernel_size": 3, "activation": "relu"],
    ["layer": "Conv2D", "name": "second", "filters": 8, "kernel_size": 3, "activation": "relu"],
    ["layer": "GlobalAveragePooling2D"],
    ["layer": "Dense", "name": "classes", "units": "classes", "activation": "softmax"],
  ]
}

/// Counts how often a run goes through the pictures.
final class CountingObserver: RunObserver {
  let passes = Atomic(0)

  func featuresFinished(images: Int, stored: Int, seconds: Double, bytes: Int, throughFrozenLayers: Bool) {
    passes.add(1, ordering: .relaxed)
  }
}

/// Pictures of two classes, stripes across and stripes down, in noise.
struct StripedPictures {
  let folder: String

  init(perClass count: Int) throws {
    folder = TemporaryFolder.path("stripes")
    for (index, name) in ["across", "down"].enumerated() {
      try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
      for number in 0..<count {
        let noise = RandomKey(seed: 9).folding(name).folding(UInt64(number)).uniform(12 * 12 * 3)
        let pixels = noise.indices.map { position -> UInt8 in
          let (x, y) = (position / 3 % 12, position / 36)
          let stripe = ((index == 0 ? y : x) + number) % 4 < 2
          return UInt8(noise[position] * 80 + (stripe ? 150 : 20))
        }
        let image = PixelImage(width: 12, height: 12, mode: .rgb, pixels: pixels)
        try ImageEncoder.writePNG(image, to: "\(folder)/\(name)/\(number).png")
      }
    }
  }

  func plan(
    _ layers: JSONValue, epochs: Int = 1, phases: JSONValue? = nil, seed: Int = 5, limit: Double = 0.05,
    augment: JSONValue = [], cache: JSONValue = false, decoding: String = "exact"
  ) throws -> Plan {
    let value: JSONValue = [
      "seed": .integer(seed), "model": ["layers": layers, "input_size": [12, 12]],
      "data": [
        "train": .string(folder), "validation": ["fraction": 0.25], "batch_size": 8, "unreadable_limit": .number(limit),
        "augment": augment, "decoding": .string(decoding),
      ],
      "phases": phases ?? [
        ["epochs": .integer(epochs), "optimizer": ["name": "adam", "learning_rate": 0.01]]
      ],
      "cache": cache, "output": .string(TemporaryFolder.path("run")),
    ]
    return try Plan(Recipe(value, file: "stripes.json", folder: folder))
  }

  func run(
    _ layers: JSONValue, epochs: Int, seed: Int = 5, threads: Int = 2, limit: Double = 0.05
  ) throws -> RunReport {
    try Run(plan(layers, epochs: epochs, seed: seed, limit: limit), on: Device(threads: threads))()
  }
}
