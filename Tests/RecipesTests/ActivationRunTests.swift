import Foundation
import JSON
import Kernels
import Recipes
import TestSupport
import Testing
import Training

@Suite("A run says which units take no part")
struct ActivationRunTests {
  private func report(bias: Double, activation: String = "relu") throws -> RunReport {
    let pictures = try StripedPictures(perClass: 8)
    let layers: JSONValue = [
      ["layer": "Conv2D", "name": "first", "filters": 4, "kernel_size": 3, "activation": .string(activation)],
      ["layer": "GlobalAveragePooling2D"],
      [
        "layer": "Dense", "name": "hidden", "units": 12, "activation": .string(activation),
        "bias_initializer": ["class_name": "Constant", "config": ["value": .number(bias)]],
      ],
      ["layer": "Dense", "units": "classes", "activation": "softmax"],
    ]
    return try pictures.run(layers, epochs: 1)
  }

  @Test("Dead units are named in words and counted in metrics.json")
  func dead() throws {
    let report = try report(bias: -60)
    #expect(report.diagnosis.lines.contains { $0.hasPrefix("activations: 12 of 12 units of hidden are dead") })
    let metrics = try JSONValue(parsing: String(contentsOfFile: report.output + "/metrics.json", encoding: .utf8))
    let layers = try #require(metrics["activations"]?["layers"]?.arrayValue)
    #expect(layers.map { $0["path"]?.stringValue } == ["first", "hidden"])
    #expect(layers[1]["dead"]?.intValue == 12 && layers[1]["saturated"]?.isNull == true)
    #expect(metrics["activations"]?["images"]?.intValue == 12)
  }

  @Test("Saturated ones too; where all is well nothing is said")
  func others() throws {
    let saturated = try report(bias: 60, activation: "tanh")
    #expect(saturated.diagnosis.lines.contains { $0.contains("100 % of what hidden puts out") })
    let well = try report(bias: 1)
    #expect(!well.diagnosis.lines.contains { $0.hasPrefix("activations: ") && $0.contains("hidden") })
    #expect(try report(bias: 0, activation: "elu").activations == nil)
  }
}
