import Foundation
import JSON
import Kernels
import Recipes
import TestSupport

/// Sweeps over the training of a last layer on stripes.
enum StripedSweep {
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

  static let rate = "phases.0.optimizer.learning_rate"

  /// A plain run with other settings.
  static func run(
    _ recipe: OrderedDictionary<String, JSONValue>, rate: Double, optimizer: String = "adam"
  ) throws -> RunReport {
    var recipe = recipe
    var phase = recipe["phases"]?.arrayValue?.first?.objectValue ?? [:]
    phase["optimizer"] = ["name": .string(optimizer), "learning_rate": .number(rate)]
    recipe["phases"] = [.object(phase)]
    recipe["output"] = .string(TemporaryFolder.path("run"))
    return try Run(Plan(Recipe(.object(recipe), file: "r.json", folder: "/tmp")), on: Device(threads: 1))()
  }

  static func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
}
