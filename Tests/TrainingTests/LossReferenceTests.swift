import JSON
import Layers
import Tensors
import Testing
import Training

/// Every loss against what Keras 3.15.1 computed (tools/reference-numbers), and its gradient against its own slope.
@Suite("Losses as Keras computes them")
struct LossReferenceTests {
  private static let references = ReferenceNumbers.keras["losses"] ?? .null
  static let cases = references["cases"]?.list ?? []

  private func setting(_ index: Int) throws -> (loss: any Loss, outputs: Tensor, targets: Targets) {
    let item = Self.cases[index]
    let loss = try LossRegistry.loss(item["config"] ?? .null)
    let outputs = Tensor([5, 4], item["outputs"]?.floats ?? [])
    let values = Targets.values(Tensor([5, 4], item["targets"]?.floats ?? []))
    // What Keras takes as one-hot rows is classes here.
    let classes = item["classes"]?.arrayValue.map { Targets.classes($0.compactMap(\.intValue), count: 4) }
    return (loss, outputs, classes ?? values)
  }

  @Test("The mean, each sample and the weighted mean are Keras'", arguments: cases.indices)
  func values(_ index: Int) throws {
    let (loss, outputs, targets) = try setting(index)
    try loss.check(output: [4], targets: targets)
    // Keras computes in single precision: a probability's 1 − p has seven digits, its logarithm fewer.
    expectClose(loss(outputs, targets), Self.cases[index]["mean"]?.doubleValue ?? .nan, within: 1e-5)
    for (sample, expected) in (Self.cases[index]["samples"]?.doubles ?? []).enumerated() {
      expectClose(loss(outputs[samples: sample..<sample + 1], targets[[sample]]), expected, within: 2e-5)
    }
    let weighted = Targets(targets.kind, weights: Self.references["weights"]?.floats)
    // Losses of both signs cancel each other, and with them the digits of single precision.
    let scale = Self.cases[index]["samples"]?.doubles.map(abs).max() ?? 1
    let expected = Self.cases[index]["weighted"]?.doubleValue ?? .nan
    #expect(abs(loss(outputs, weighted) - expected) < 1e-5 * scale)
  }

  @Test("The gradient is the slope, weights included", arguments: cases.indices)
  func gradients(_ index: Int) throws {
    let (loss, outputs, plain) = try setting(index)
    let targets = Targets(plain.kind, weights: Self.references["weights"]?.floats)
    let gradient = loss.evaluate(outputs, targets).gradient.elements
    let step: Float = 0x1p-11
    for element in 0..<outputs.count {
      var (above, below) = (outputs.elements, outputs.elements)
      above[element] += step
      below[element] -= step
      let width = Double(above[element]) - Double(below[element])
      let slope = (loss(Tensor(outputs.shape, above), targets) - loss(Tensor(outputs.shape, below), targets)) / width
      #expect(
        abs(Double(gradient[element]) - slope) < 1e-3 * max(1, abs(slope)),
        "\(loss.config.text), output \(element): \(gradient[element]), slope \(slope)")
    }
  }

  @Test("Every loss has its cases")
  func complete() {
    let named = Set(Self.cases.compactMap { $0["config"]?["name"]?.stringValue })
    #expect(named.union(["sparse_categorical_crossentropy"]) == Set(LossRegistry.names))
  }

  @Test("Class weights are those that were given, or balance the classes as scikit-learn does")
  func classWeights() throws {
    let targets = Targets.classes([0, 0, 0, 1, 2, 0], count: 3)
    // compute_class_weight("balanced", classes=[0, 1, 2], y=[0, 0, 0, 1, 2, 0]) = [0.5, 2, 2]
    let balanced = try ClassWeights(config: "balanced").weights(classNames: ["a", "b", "c"], of: targets)
    #expect(balanced == [0.5, 2, 2])
    let given = try ClassWeights(config: ["c": 3, "a": 0.5])
    #expect(try given.weights(classNames: ["a", "b", "c"], of: targets) == [0.5, 1, 3])
    #expect(try ClassWeights(config: given.config) == given)
    #expect(targets.weighted(byClass: balanced).weights == [0.5, 0.5, 0.5, 2, 2, 0.5])
    let twice = Targets(targets.kind, weights: [1, 2, 3, 4, 5, 6]).weighted(byClass: balanced)
    #expect(twice.weights == [0.5, 1, 1.5, 8, 10, 3] && twice[[3, 0]].weights == [8, 0.5])
    #expect { try ClassWeights(config: ["d": 1]).weights(classNames: ["dog", "b"], of: targets) } throws: {
      "\($0)".contains("Did you mean")
    }
    #expect { try ClassWeights(config: ["a": -1]) } throws: { "\($0)".contains("not negative") }
    #expect { try ClassWeights(config: 3) } throws: { "\($0)".contains("balanced") }
  }
}
