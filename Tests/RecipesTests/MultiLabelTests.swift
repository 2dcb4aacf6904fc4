import Foundation
import Images
import JSON
import Kernels
import Layers
import Recipes
import TestSupport
import Testing
import Training

@Suite("Several labels a picture")
struct MultiLabelTests {
  @Test("A table of several labels a picture trains a head of its own, is measured again and predicted")
  func multiLabelTable() throws {
    let folder = TemporaryFolder.path("several")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var lines = ["file,shows"]
    for index in 0..<48 {
      // Red where it is warm, blue where it is cold, both, or neither.
      let (red, blue) = (index % 2 == 0, index / 2 % 2 == 0)
      let noise = UInt8(index)
      let pixel: [UInt8] = [red ? 200 + noise : noise, noise, blue ? 200 + noise : noise]
      let image = PixelImage(width: 8, height: 8, mode: .rgb, pixels: (0..<64).flatMap { _ in pixel })
      try ImageEncoder.writePNG(image, to: folder + "/\(index).png")
      lines.append(
        "\(index).png,\([red ? "warm" : nil, blue ? "cold" : nil].compactMap(\.self).joined(separator: "; "))")
    }
    try lines.joined(separator: "\n").write(toFile: folder + "/table.csv", atomically: true, encoding: .utf8)
    let value: JSONValue = [
      "model": [
        "architecture": "MobileNet", "alpha": 0.25, "weights": nil, "input_size": [32, 32], "cut_after": "conv1_relu",
      ],
      "data": ["train": "table.csv", "task": "multi_label", "validation": ["fraction": 0.25], "batch_size": 8],
      "phases": [["epochs": 40, "optimizer": ["name": "adam", "learning_rate": 0.02]]],
    ]
    let plan = try Plan(Recipe(value, file: "r.json", folder: folder))
    #expect(plan.loss.name == "binary_crossentropy")
    #expect(plan.labels == ["cold", "warm"])
    let report = try Run(plan, on: Device(threads: 1))()
    #expect((report.final?.metrics.first { $0.name == "binary_accuracy" }?.value ?? 0) >= 0.9)
    let loaded = try ModelReference(path: report.output + "/model.h5").load()
    let again = try PictureEvaluation(loaded, on: folder + "/table.csv", task: nil, device: Device(threads: 1))
    #expect((again.result.metrics.first?.value ?? 0) >= 0.9)
    let prediction = try Prediction(loaded, of: [folder + "/0.png"], topCount: 2, on: Device(threads: 1))
    #expect(prediction.pictures[0].classes.allSatisfy { $0.value > 0.5 })
  }
}
