import FineTune
import Foundation
import TestSupport

/// The built tool, run as a user runs it.
struct Finetune {
  struct Outcome {
    let status: Int32
    let output: String
    let messages: String
  }

  static func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
    try run(list: arguments, environment: environment)
  }

  /// Runs the tool that was built beside the tests, with files for its output so that no pipe can fill up.
  static func run(list arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
    try run(BuiltTool.url, arguments, environment: environment)
  }

  /// Runs any program in this way.
  static func run(_ program: URL, _ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = self.environment(environment)
    let files = ["output", "messages"].map { TemporaryFolder.path($0) }
    for file in files { try Data().write(to: URL(fileURLWithPath: file)) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: files[0])
    process.standardError = FileHandle(forWritingAtPath: files[1])
    try process.run()
    process.waitUntilExit()
    let texts = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }
    // A signal must not look like an exit code.
    let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return Outcome(status: status, output: texts[0], messages: texts[1])
  }

  /// The environment of a run: with a cache of the tests' own.
  static func environment(_ changes: [String: String] = [:]) -> [String: String] {
    ProcessInfo.processInfo.environment.merging(["XDG_CACHE_HOME": cache]) { _, new in new }
      .merging(changes) { _, new in new }
  }

  private static let cache = TemporaryFolder.path("cache")
}

/// A small model file, a folder of pictures and a recipe that trains the one on the other.
struct Workplace {
  let folder: String
  var model: String { folder + "/small.h5" }
  var pictures: String { folder + "/pictures" }
  var recipe: String { folder + "/recipe.json" }

  init() throws {
    folder = TemporaryFolder.path("workplace")
    for (index, name) in ["dark", "light"].enumerated() {
      try FileManager.default.createDirectory(
        atPath: folder + "/pictures/" + name, withIntermediateDirectories: true)
      for number in 0..<10 {
        let grey = UInt8(index * 128 + number * 10)
        let image = PixelImage(width: 16, height: 16, mode: .rgb, pixels: [UInt8](repeating: grey, count: 768))
        try ImageEncoder.writePNG(image, to: "\(folder)/pictures/\(name)/\(number).png")
      }
    }
    let network = try Model(sequential: "small", inputShape: [16, 16, 3], seed: 1) {
      Conv2D(filters: 4, kernelSize: Size(3, 3), activation: .relu)
      GlobalAveragePooling2D()
      Dense(units: 2, activation: .softmax)
    }
    let saved = SavedModel(
      model: network, preprocessing: .unit, labels: ["dark", "light"], inputSize: Size(16, 16), architecture: nil,
      metadata: [:])
    try KerasWriter.write(saved, to: folder + "/small.h5")
    try write(
      [
        "model": ["file": "small.h5"],
        "data": ["train": "pictures", "validation": ["fraction": 0.2], "batch_size": 4],
        "phases": [["epochs": 2, "optimizer": ["name": "adam", "learning_rate": 0.01]]], "output": "run",
      ])
  }

  func write(_ recipe: JSONValue) throws {
    try recipe.prettyText.write(toFile: self.recipe, atomically: true, encoding: .utf8)
  }
}
