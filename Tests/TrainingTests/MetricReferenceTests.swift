import Foundation
import JSON
import Layers
import Tensors
import Testing
import Training

/// Every metric against scikit-learn on random data (tools/reference-numbers), fed whole and in batches of odd sizes.
@Suite("Metrics as scikit-learn computes them")
struct MetricReferenceTests {
  /// A model's outputs, what they should have been, and what scikit-learn makes of them.
  private struct Setting {
    let outputs: Tensor
    let targets: Targets
    let loss: any Loss
    let values: JSONValue

    init(_ kind: String, _ index: Int) throws {
      let item = try #require(ReferenceNumbers.scikitLearn[kind]?.list[index])
      let units = kind == "binary" ? 1 : item["count"]?.intValue ?? item["units"]?.intValue ?? 1
      let numbers = item["outputs"]?.floats ?? []
      outputs = Tensor([numbers.count / units, units], numbers)
      values = item["values"] ?? .null
      if let classes = item["classes"]?.list.compactMap(\.intValue) {
        targets = .classes(classes, count: item["count"]?.intValue ?? 0)
        loss = kind == "binary" ? BinaryCrossentropy() : CategoricalCrossentropy()
      } else {
        targets = .values(Tensor(outputs.shape, item["targets"]?.floats ?? []))
        loss = kind == "labels" ? BinaryCrossentropy() : MeanSquaredError()
      }
    }

    func metric(_ config: JSONValue) throws -> any Metric {
      try MetricRegistry.metric(config, loss: loss, output: [outputs.shape[1]], targets: targets)
    }

    /// What it gives for all samples, the same whatever the batches.
    func value(_ config: JSONValue) throws -> Double {
      let metric = try metric(config)
      var known: [Double] = []
      var start = 0
      for size in [1, 13, 7, outputs.shape[0]] where start < outputs.shape[0] {
        let rows = start..<min(outputs.shape[0], start + size)
        metric.add(outputs[samples: rows], targets[Array(rows)], to: &known)
        start = rows.upperBound
      }
      let value = metric.result(of: known, samples: outputs.shape[0])
      expectClose(value, metric(outputs, targets), within: 1e-12)
      return value
    }

    func expectSame(_ config: JSONValue, as name: String) throws {
      guard let expected = values[name]?.doubleValue else { return }
      let found = try value(config)
      #expect(abs(found - expected) < 1e-6 * max(1, abs(expected)), "\(config.text): \(found), expected \(expected)")
    }
  }

  @Test("One of several classes", arguments: 0..<3)
  func classes(_ index: Int) throws {
    let setting = try Setting("classes", index)
    for name in [
      "accuracy", "balanced_accuracy", "cohen_kappa", "matthews_correlation", "roc_auc", "average_precision",
      "log_loss", "expected_calibration_error",
    ] { try setting.expectSame(.string(name), as: name) }
    try setting.expectSame(["name": "auc", "curve": "pr"], as: "average_precision")
    try setting.expectSame(["name": "top_k_categorical_accuracy", "k": 2], as: "top_k_categorical_accuracy")
    try averages(setting)
  }

  @Test("One output for two classes", arguments: 0..<2)
  func binary(_ index: Int) throws {
    let setting = try Setting("binary", index)
    for name in setting.values.objectValue?.keys.filter({ $0 != "confusion_matrix" }) ?? [] {
      try setting.expectSame(.string(name), as: name)
    }
  }

  @Test("Several labels for each sample")
  func labels() throws {
    let setting = try Setting("labels", 0)
    for name in ["binary_accuracy", "roc_auc", "average_precision", "log_loss"] {
      try setting.expectSame(.string(name), as: name)
    }
    try averages(setting)
    #expect { try setting.metric("cohen_kappa") } throws: { "\($0)".contains("f1_score") }
  }

  @Test("Numbers", arguments: 0..<2)
  func regression(_ index: Int) throws {
    let setting = try Setting("regression", index)
    for name in setting.values.objectValue?.keys.map({ $0 }) ?? [] { try setting.expectSame(.string(name), as: name) }
    #expect { try setting.metric("f1_score") } throws: { "\($0)".contains("r2_score") }
  }

  private func averages(_ setting: Setting) throws {
    for average in ["macro", "micro", "weighted"] {
      for (name, short) in [("precision", "precision"), ("recall", "recall"), ("f1_score", "f1")] {
        try setting.expectSame(["name": .string(name), "average": .string(average)], as: "\(average)_\(short)")
      }
    }
    for (row, name) in ["precision", "recall", "f1_score"].enumerated() {
      for (index, expected) in (setting.values["per_class"]?.list[row].doubles ?? []).enumerated() {
        expectClose(try setting.value(["name": .string(name), "class": .integer(index)]), expected, within: 1e-9)
      }
    }
  }

  @Test("The report holds them all, class by class", arguments: 0..<3)
  func report(_ index: Int) throws {
    let setting = try Setting("classes", index)
    let reading = try #require(
      OutputReading(loss: setting.loss, units: setting.outputs.shape[1], targets: setting.targets))
    let report = ClassificationReport(setting.outputs, setting.targets, reading: reading, labels: ["first"])
    for value in report.summary {
      guard let expected = setting.values[value.name]?.doubleValue else { continue }
      #expect(abs(value.value - expected) < 1e-6, "\(value.name)")
    }
    let matrix = try #require(report.json["confusion_matrix"])
    #expect(matrix == setting.values["confusion_matrix"])
    for (entry, expected) in zip(report.entries, setting.values["roc_auc_per_class"]?.doubles ?? []) {
      #expect(abs(entry.rocAUC - expected) < 1e-9)
    }
    for (entry, expected) in zip(report.entries, setting.values["average_precision_per_class"]?.doubles ?? []) {
      #expect(abs(entry.averagePrecision - expected) < 1e-9)
    }
    #expect(report.entries[0].label == "first" && report.entries[1].label == "class_1")
  }

  @Test("Logits say the same as the probabilities they stand for; a class without samples spoils nothing")
  func logitsAndGaps() throws {
    let logits = Tensor([3, 3], [2, 0, -1, 0, 1, 0, 1, 3, 0])
    let targets = Targets.classes([0, 1, 0], count: 3)
    let sums = (0..<3).map { row in (0..<3).reduce(0.0) { $0 + exp(Double(logits.elements[3 * row + $1])) } }
    let probabilities = Tensor(
      [3, 3], logits.elements.enumerated().map { Float(exp(Double($1)) / sums[$0 / 3]) })
    for name in ["log_loss", "expected_calibration_error", "roc_auc", "f1_score"] {
      let logitMetric = try MetricRegistry.metric(
        .string(name), loss: CategoricalCrossentropy(fromLogits: true), output: [3], targets: targets)
      let metric = try MetricRegistry.metric(
        .string(name), loss: CategoricalCrossentropy(), output: [3], targets: targets)
      let ofLogits = logitMetric(logits, targets)
      expectClose(ofLogits, metric(probabilities, targets), within: 1e-6)
      #expect(ofLogits.isFinite)
    }
  }

  @Test("Settings that make no sense are refused")
  func refused() throws {
    let setting = try Setting("classes", 0)
    for (config, words) in [
      (["name": "top_k_categorical_accuracy", "k": 9], "only 4 classes"),
      (["name": "f1_score", "average": "mean"], "macro"),
      (["name": "f1_score", "average": "binary"], "one output"), (["name": "recall", "class": "cat"], "no class"),
      (["name": "auc", "curve": "prc"], "roc"),
    ] as [(JSONValue, String)] {
      #expect { try setting.metric(config) } throws: { "\($0)".contains(words) }
    }
  }
}
