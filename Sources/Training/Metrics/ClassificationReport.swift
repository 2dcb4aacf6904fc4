public import JSON
public import Tensors

/// What a model's answers are worth, class by class.
public struct ClassificationReport: Hashable, Sendable {
  /// One class or label.
  public struct Entry: Hashable, Sendable {
    public let label: String
    public let tally: ClassTally
    /// The area under the ROC curve and the average precision of this class against the rest; NaN where all samples are of it
    /// or none is.
    public let rocAUC: Double
    public let averagePrecision: Double
  }

  public let entries: [Entry]
  /// Nil where a sample may have several labels.
  public let matrix: ConfusionMatrix?
  /// Everything that is one number, by name.
  public let summary: [MetricValue]

  /// - Parameters:
  ///   - outputs: of all samples, `[samples, units]`
  ///   - labels: what the classes are called
  public init(_ outputs: Tensor, _ targets: Targets, reading: OutputReading, labels: [String]) {
    let samples = outputs.shape[0]
    func value(_ metric: some Metric) -> MetricValue {
      MetricValue(name: metric.name, value: metric(outputs, targets))
    }
    var known: [Double] = []
    let tallies: [ClassTally]
    if case .labels(let count) = reading.kind {
      ConfusionMetric.addTallies(outputs, targets, reading, count, to: &known)
      tallies = ConfusionMetric.tallies(known, count)
      matrix = nil
    } else {
      ConfusionMetric.addMatrix(outputs, targets, reading, to: &known)
      let matrix = ConfusionMatrix(classCount: reading.count, known: known)
      tallies = matrix.tallies
      self.matrix = matrix
    }
    let answers = AreaUnderCurve.answers(outputs, targets, reading)
    entries = tallies.enumerated().map { index, tally in
      let (scores, truth) = (answers.map { $0.scores[index] }, answers.map { $0.truth[index] > 0 })
      return Entry(
        label: index < labels.count ? labels[index] : "class_\(index)", tally: tally,
        rocAUC: AreaUnderCurve.area(.roc, scores: scores, truth: truth),
        averagePrecision: AreaUnderCurve.area(.precisionRecall, scores: scores, truth: truth))
    }
    var summary: [MetricValue] = []
    for average in [ClassAverage.macro, .micro, .weighted] {
      for (kind, name) in [(ConfusionMetric.Kind.precision, "precision"), (.recall, "recall"), (.f1, "f1")] {
        summary.append(
          value(ConfusionMetric(kind, name: "\(average.rawValue)_\(name)", reading: reading, average: average)))
      }
    }
    summary.append(value(AreaUnderCurve(.roc, name: "roc_auc", reading: reading)))
    summary.append(value(AreaUnderCurve(.precisionRecall, name: "average_precision", reading: reading)))
    summary.append(value(LogLoss(name: "log_loss", reading: reading)))
    if let matrix {
      summary.append(MetricValue(name: "balanced_accuracy", value: matrix.balancedAccuracy))
      summary.append(MetricValue(name: "cohen_kappa", value: matrix.cohenKappa))
      summary.append(MetricValue(name: "matthews_correlation", value: matrix.matthewsCorrelation))
      summary.append(value(CalibrationError(name: "expected_calibration_error", reading: reading)))
    }
    self.summary = summary
    precondition(samples == targets.count, "\(samples) outputs for \(targets.count) targets")
  }

  /// A number, or null where it is none.
  private static func number(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }

  /// `{"classes": [{"label": …, "precision": …}, …], "confusion_matrix": [[…], …], "macro_f1": …, …}`
  public var json: OrderedDictionary<String, JSONValue> {
    var object: OrderedDictionary<String, JSONValue> = [:]
    for value in summary { object[value.name] = Self.number(value.value) }
    object["classes"] = .array(
      entries.map { entry in
        [
          "label": .string(entry.label), "images": .integer(entry.tally.actual),
          "precision": .number(entry.tally.precision), "recall": .number(entry.tally.recall),
          "f1": .number(entry.tally.f1), "roc_auc": Self.number(entry.rocAUC),
          "average_precision": Self.number(entry.averagePrecision),
        ]
      })
    if let matrix {
      object["confusion_matrix"] = .array(
        (0..<matrix.classCount).map { right in
          .array((0..<matrix.classCount).map { .integer(matrix[right, $0]) })
        })
    }
    return object
  }
}
