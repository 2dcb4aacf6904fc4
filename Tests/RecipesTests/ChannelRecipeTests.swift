import JSON
import KerasFormat
import Kernels
import Layers
import Recipes
import Tensors
import TestSupport
import Testing

@Suite("Recipes with other channels than the model's")
struct ChannelRecipeTests {
  @Test(
    "Grey pictures on weights of colours: adapted, said, saved, and the same as grey in all three channels",
    arguments: [Preprocessing.unit, .caffe, .torch])
  func channels(_ preprocessing: Preprocessing) throws {
    let place = try SurgeryPlace(preprocessing: preprocessing)
    let head: JSONValue = ["head": [:], "cut_after": "base", "channels": 1]
    let plan = try place.plan(head)
    #expect(plan.inputShape == [12, 12, 1])
    #expect(plan.notes.contains { $0.contains("adapted by \"sum\"") && $0.contains("\"base/first\"") })
    // What one channel sees is what three see that are all scaled by the mean of what the colours are scaled by.
    let device = Device(threads: 1)
    let grey = Tensor([1, 12, 12, 1], RandomKey(seed: 8).uniform(144).map { $0 * 255 })
    let scaled = grey.elements.map { pixel -> Float in
      switch preprocessing {
      case .caffe: pixel - (103.939 + 116.779 + 123.68) / 3
      case .torch:
        pixel / 255 * (1 / 0.229 + 1 / 0.224 + 1 / 0.225) / 3 - (0.485 / 0.229 + 0.456 / 0.224 + 0.406 / 0.225) / 3
      default: pixel / 255
      }
    }
    func features(_ model: Model, _ image: Tensor) throws -> [Float] {
      model.values([try model.output(of: "base")], from: [model.inputs[0].value: image], on: device)[0].elements
    }
    let found = try features(plan.model, plan.preprocessing(grey))
    let expected = try features(place.model, Tensor([1, 12, 12, 3], scaled.flatMap { [$0, $0, $0] }))
    let largest = expected.map(abs).max() ?? 1
    #expect(largest > 0)
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 * largest })
    let report = try Run(plan, on: device)()
    let saved = try ModelReference(path: report.output + "/model.h5").load()
    #expect(saved.channels == 1 && saved.preprocessing == (preprocessing == .unit ? .unit : .none))
  }

  @Test("An architecture's weights of colours take grey pictures too")
  func greyArchitecture() throws {
    let place = try SurgeryPlace()
    let weights = TemporaryFolder.path("w.h5")
    let network = try ModelReference(path: "", architecture: "MobileNet", alpha: 0.25, inputSize: Size(32, 32))
      .savedModel().saved.model
    try KerasWriter.writeWeights(network, to: weights)
    let plan = try place.plan([
      "architecture": "MobileNet", "alpha": 0.25, "weights": .string(weights), "input_size": [32, 32], "channels": 1,
    ])
    let kernel = try plan.model.value("conv1/kernel")
    let old = try network.value("conv1/kernel")
    #expect(kernel.shape == [3, 3, 1, 8])
    for place in 0..<9 {
      for filter in 0..<8 {
        let sum = (0..<3).reduce(0.0) { $0 + Double(old.elements[(place * 3 + $1) * 8 + filter]) }
        #expect(abs(Double(kernel.elements[place * 8 + filter]) - sum) < 1e-6)
      }
    }
  }
}
