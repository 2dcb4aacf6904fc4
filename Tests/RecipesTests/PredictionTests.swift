import Foundation
import Images
import JSON
import KerasFormat
import Kernels
import Layers
import Recipes
import Tensors
import TestSupport
import Testing

@Suite("What a model's numbers are called")
struct PredictionTests {
  /// A model of 4×4 grey pictures that ends in some layers, saved and asked about one of them.
  private func prediction(
    labels: [String]? = nil, @LayerListBuilder _ end: () -> [any Layer]
  ) throws -> (value: JSONValue?, header: String) {
    let model = try Model(
      sequential: "m", inputShape: [4, 4, 1],
      [(name: String?.none, layer: Flatten() as any Layer)] + end().map { (nil, $0) },
      seed: 1)
    let folder = TemporaryFolder.path("numbers")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try KerasWriter.write(SavedModel(model: model, preprocessing: .unit, labels: labels), to: folder + "/m.h5")
    let image = PixelImage(width: 4, height: 4, mode: .grayscale, pixels: [UInt8](repeating: 90, count: 16))
    try ImageEncoder.writePNG(image, to: folder + "/a.png")
    let prediction = try Prediction(
      ModelReference(path: folder + "/m.h5").load(), of: [folder + "/a.png"], topCount: 1, on: Device(threads: 1))
    let header = prediction.csv.prefix { $0 != "\n" }
    return (prediction.json.arrayValue?.first?["predictions"]?.arrayValue?.first, String(header))
  }

  @Test("Softmax and sigmoid give probabilities, also through layers that only change the form")
  func probabilities() throws {
    let softmax = try prediction { Dense(units: 3, activation: .softmax) }
    #expect(softmax.value?["probability"] != nil && softmax.header == "file,rank,label,probability")
    let sigmoid = try prediction(labels: ["no", "yes"]) { Dense(units: 1, activation: .sigmoid) }
    #expect(sigmoid.value?["probability"] != nil)
    // MobileNet of Keras ends like this.
    let reshaped = try prediction {
      Dense(units: 3)
      Reshape(targetShape: [1, 1, 3])
      Activation(.softmax)
      Reshape(targetShape: [3])
    }
    #expect(reshaped.value?["probability"] != nil)
  }

  @Test("Whatever else a model ends in gives values; one without a name is a number")
  func values() throws {
    let number = try prediction { Dense(units: 1) }
    #expect(number.value?["value"] != nil && number.value?["label"] == "number")
    let logits = try prediction(labels: ["a", "b", "c"]) { Dense(units: 3) }
    #expect(logits.value?["value"] != nil && logits.value?["probability"] == nil)
    #expect(logits.header == "file,rank,label,value")
    // Of two classes on one logit the likelier stands first, and its value speaks for it.
    let logit = try prediction(labels: ["no", "yes"]) { Dense(units: 1) }
    #expect((logit.value?["value"]?.doubleValue ?? -1) > 0)
    let rectified = try prediction {
      Dense(units: 2, activation: .softmax)
      ReLU()
    }
    #expect(rectified.value?["value"] != nil)
  }
}
