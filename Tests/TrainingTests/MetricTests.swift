import JSON
import Layers
import Tensors
import Testing
import Training

/// Expected values come from Keras 3.15.1 with `KERAS_BACKEND=numpy`, from the snippet above each.
@Suite("Metrics")
struct MetricTests {
  @Test("Accuracy counts the samples whose right class is the largest output; of equals the first")
  func categorical() throws {
    let metric = try MetricRegistry.metric(
      "accuracy", loss: CategoricalCrossentropy(), output: [3], targets: .classes([], count: 3))
    // SparseCategoricalAccuracy()([2, 0, 1], …) = 2/3
    let outputs = Tensor([3, 3], [0.1, 0.2, 0.7, 0.3, 0.3, 0.4, 0.2, 0.6, 0.2])
    #expect(metric(outputs, .classes([2, 0, 1], count: 3)) == 2.0 / 3)
    #expect(metric(Tensor([1, 3], [0.4, 0.4, 0.2]), .classes([1], count: 3)) == 0)
    #expect(metric(Tensor([1, 3], [0.4, 0.4, 0.2]), .classes([0], count: 3)) == 1)
  }

  @Test("Top-k counts the right class among the k largest")
  func topK() throws {
    let metric = try MetricRegistry.metric(
      ["name": "top_k_categorical_accuracy", "k": 2], loss: CategoricalCrossentropy(), output: [3],
      targets: .classes([], count: 3))
    // SparseTopKCategoricalAccuracy(k=2)([2, 0, 1], …) = 2/3
    let outputs = Tensor([3, 3], [0.1, 0.2, 0.7, 0.3, 0.2, 0.4, 0.6, 0.1, 0.3])
    #expect(metric(outputs, .classes([2, 0, 1], count: 3)) == 2.0 / 3)
    #expect(metric.name == "top_k_categorical_accuracy")
  }

  @Test("Accuracy of a single output takes the side of ½, for logits the side of 0")
  func binary() throws {
    let answers = Targets.classes([1, 0, 1, 0], count: 2)
    func accuracy(_ loss: any Loss) throws -> any Metric {
      try MetricRegistry.metric("accuracy", loss: loss, output: [1], targets: answers)
    }
    // BinaryAccuracy()([1, 0, 1, 0], [.8, .5, .4, .6]) = 0.5
    let ofProbabilities = try accuracy(BinaryCrossentropy())
    #expect(ofProbabilities(Tensor([4, 1], [0.8, 0.5, 0.4, 0.6]), answers) == 0.5)
    let ofLogits = try accuracy(BinaryCrossentropy(fromLogits: true))
    #expect(ofLogits(Tensor([4, 1], [0.2, -2, -1, 3]), answers) == 0.5)
  }

  @Test("Errors of a regression are means over all samples, whatever the batches")
  func regression() throws {
    // RootMeanSquaredError, MeanAbsoluteError, MeanSquaredError updated with ([1, 2], [2, 4]) and ([0], [3])
    for (name, expected) in [("root_mean_squared_error", 2.160_246_9), ("mae", 2), ("mse", 14.0 / 3)] {
      let metric = try MetricRegistry.metric(
        .string(name), loss: MeanSquaredError(), output: [1], targets: .values([0]))
      var known: [Double] = []
      metric.add(Tensor([2, 1], [2, 4]), .values([1, 2]), to: &known)
      metric.add(Tensor([1, 1], [3]), .values([0]), to: &known)
      expectClose(metric.result(of: known, samples: 3), expected)
      #expect(metric.name == name && !metric.improvesUpwards)
    }
  }

  @Test("A metric that the data cannot answer, or a misspelt one, is refused")
  func refused() {
    #expect {
      try MetricRegistry.metric("accuracy", loss: MeanSquaredError(), output: [1], targets: .values([0]))
    } throws: { "\($0)".contains("root_mean_squared_error") }
    #expect {
      try MetricRegistry.metric(
        "acuracy", loss: CategoricalCrossentropy(), output: [3], targets: .classes([], count: 3))
    } throws: { "\($0)".contains("Did you mean \"accuracy\"") }
    #expect {
      try MetricRegistry.metric(
        ["name": "accuracy", "k": 3], loss: CategoricalCrossentropy(), output: [3], targets: .classes([], count: 3))
    } throws: { "\($0)".contains("\"k\"") }
  }
}
