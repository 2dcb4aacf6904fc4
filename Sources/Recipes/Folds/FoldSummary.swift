internal import JSON
public import Training

/// What the folds of a cross-validation gave: each of them, their mean, and how far to trust it.
public struct FoldSummary: Hashable, Sendable {
  /// One fold: what its model is worth on the pictures that it was not trained with.
  public struct Fold: Hashable, Sendable, Codable {
    /// 1 for the first.
    public let number: Int
    public let result: EvaluationResult
    /// The epochs of each phase after which the model was as it was kept.
    public let keptEpochs: [Int]
    /// The epochs that were trained, in all phases.
    public let epochs: Int
    public let seconds: Double
    /// What it was trained from and with; the same for the same fold of the same recipe only.
    let fingerprint: RunFingerprint
  }

  /// How many folds there are, finished or not.
  public let count: Int
  /// The finished ones.
  public let folds: [Fold]
  /// Whether a model was trained on all pictures.
  public let hasModel: Bool

  /// Loss and metrics: the mean over the folds, each of which counts the same.
  public var mean: EvaluationResult? { combined { values in values.reduce(0, +) / Double(values.count) } }

  /// The standard error of the mean, `s / √k` with the folds' standard deviation `s` (by k − 1); nil for less than two folds.
  ///
  /// The folds' training pictures overlap, so that it is rather too small; there is no unbiased estimate:
  /// [Bengio and Grandvalet (2004)](https://www.jmlr.org/papers/v5/grandvalet04a.html).
  public var standardError: EvaluationResult? { folds.count < 2 ? nil : combined(Self.standardError) }

  /// `s / √k`.
  static func standardError(_ values: [Double]) -> Double {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / (count - 1) / count).squareRoot()
  }

  /// The epochs of each phase that the folds kept on average, rounded; at least one.
  public var meanKeptEpochs: [Int] {
    guard let first = folds.first else { return [] }
    return first.keptEpochs.indices.map { phase in
      let sum = folds.reduce(0) { $0 + $1.keptEpochs[phase] }
      return max(1, Int((Double(sum) / Double(folds.count)).rounded()))
    }
  }

  private func combined(_ combine: ([Double]) -> Double) -> EvaluationResult? {
    guard let first = folds.first?.result else { return nil }
    return EvaluationResult(
      samples: folds.reduce(0) { $0 + $1.result.samples }, loss: combine(folds.map(\.result.loss)),
      metrics: first.metrics.map { metric in
        MetricValue(name: metric.name, value: combine(folds.compactMap { $0.result[metric.name] }))
      })
  }

  /// For `metrics.json`: `folds`, one object each, and `standard_error`.
  var json: OrderedDictionary<String, JSONValue> {
    func values(_ result: EvaluationResult) -> OrderedDictionary<String, JSONValue> {
      var values: OrderedDictionary<String, JSONValue> = ["val_loss": .number(result.loss)]
      for metric in result.metrics { values["val_" + metric.name] = .number(metric.value) }
      return values
    }
    var object: OrderedDictionary<String, JSONValue> = [:]
    object["folds"] = .array(
      folds.map { fold in
        var row: OrderedDictionary<String, JSONValue> = [
          "fold": .integer(fold.number), "images": .integer(fold.result.samples),
          "kept_epochs": .array(fold.keptEpochs.map { .integer($0) }),
          "seconds": .number((fold.seconds * 1000).rounded() / 1000),
        ]
        row.merge(values(fold.result)) { $1 }
        return .object(row)
      })
    if let standardError { object["standard_error"] = .object(values(standardError)) }
    return object
  }
}
