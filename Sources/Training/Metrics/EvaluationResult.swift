import Tensors

/// The loss and the metrics of the samples seen so far, each sample counting the same.
struct RunningResult {
  /// All that is known of the samples seen so far.
  struct Sums: Hashable, Sendable, Codable {
    var samples = 0
    var loss = 0.0
    /// The losses as they would be without weights; nil where there are none.
    var unweightedLoss: Double?
    /// What each metric knows.
    var metrics: [[Double]] = []
  }

  private let metrics: [any Metric]
  private(set) var sums: Sums

  /// - Parameter sums: what earlier batches gave.
  init(_ metrics: [any Metric], continuing sums: Sums = Sums()) {
    self.metrics = metrics
    self.sums = sums
    if sums.metrics.isEmpty { self.sums.metrics = metrics.map { _ in [] } }
  }

  var samples: Int { sums.samples }

  /// - Parameters:
  ///   - loss: the mean over this batch, with penalties.
  ///   - unweighted: the same, each sample counting the same; nil where that is `loss` itself.
  mutating func add(loss: Double, unweighted: Double? = nil, _ outputs: Tensor, _ targets: Targets) {
    let count = outputs.shape[0]
    sums.samples += count
    sums.loss += loss * Double(count)
    if let unweighted { sums.unweightedLoss = (sums.unweightedLoss ?? 0) + unweighted * Double(count) }
    for (index, metric) in metrics.enumerated() { metric.add(outputs, targets, to: &sums.metrics[index]) }
  }

  var result: EvaluationResult { result { _ in true } }

  /// Without the metrics that would cost time after every batch.
  var cheapResult: EvaluationResult { result { $0.isCheap } }

  private func result(_ isWanted: (any Metric) -> Bool) -> EvaluationResult {
    EvaluationResult(
      samples: samples, loss: sums.loss / Double(max(1, samples)),
      unweightedLoss: sums.unweightedLoss.map { $0 / Double(max(1, samples)) },
      metrics: zip(metrics, sums.metrics).filter { isWanted($0.0) }.map {
        MetricValue(name: $0.name, value: $0.result(of: $1, samples: samples))
      })
  }
}

/// A metric's value.
public struct MetricValue: Hashable, Sendable, Codable {
  public let name: String
  public let value: Double

  public init(name: String, value: Double) {
    self.name = name
    self.value = value
  }
}

/// What a model is worth on some data.
public struct EvaluationResult: Hashable, Sendable, Codable {
  /// The number of samples.
  public let samples: Int
  /// The mean loss of a sample, with the penalties that the training loss carries.
  public let loss: Double
  /// The same without the weights of samples and classes, where there were any: what `val_loss`, which counts every sample the
  /// same, can be compared with.
  public let unweightedLoss: Double?
  public let metrics: [MetricValue]

  public init(samples: Int, loss: Double, unweightedLoss: Double? = nil, metrics: [MetricValue]) {
    self.samples = samples
    self.loss = loss
    self.unweightedLoss = unweightedLoss
    self.metrics = metrics
  }

  /// The value of `loss` or of a metric.
  public subscript(name: String) -> Double? {
    name == "loss" ? loss : metrics.first { $0.name == name }?.value
  }
}
