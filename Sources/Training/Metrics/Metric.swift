public import Tensors

/// A number to watch: what it is worth is summed over the samples of an epoch and divided by their count.
public protocol Metric: Hashable, Sendable {
  /// The name in histories, as it was asked for: `accuracy`, `mse`.
  var name: String { get }

  /// Whether more is better.
  var improvesUpwards: Bool { get }

  /// The sum over the samples of `outputs` `[samples, units]` of what the metric averages.
  func sum(_ outputs: Tensor, _ targets: Targets) -> Double

  /// What is reported for the mean over all samples.
  func result(ofMean mean: Double) -> Double
}

extension Metric {
  public func result(ofMean mean: Double) -> Double { mean }
}

/// The loss and the metrics of the samples seen so far, each sample counting the same.
struct RunningResult {
  /// All that is known of the samples seen so far.
  struct Sums: Hashable, Sendable, Codable {
    var samples = 0
    var loss = 0.0
    var metrics: [Double] = []
  }

  private let metrics: [any Metric]
  private(set) var sums: Sums

  /// - Parameter sums: what earlier batches gave.
  init(_ metrics: [any Metric], continuing sums: Sums = Sums()) {
    self.metrics = metrics
    self.sums = sums
    if sums.metrics.isEmpty { self.sums.metrics = metrics.map { _ in 0 } }
  }

  var samples: Int { sums.samples }

  /// - Parameter loss: the mean over this batch, with penalties.
  mutating func add(loss: Double, _ outputs: Tensor, _ targets: Targets) {
    let count = outputs.shape[0]
    sums.samples += count
    sums.loss += loss * Double(count)
    for (index, metric) in metrics.enumerated() { sums.metrics[index] += metric.sum(outputs, targets) }
  }

  var result: EvaluationResult {
    let count = Double(max(1, samples))
    return EvaluationResult(
      samples: samples, loss: sums.loss / count,
      metrics: zip(metrics, sums.metrics).map { MetricValue(name: $0.name, value: $0.result(ofMean: $1 / count)) })
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
  public let metrics: [MetricValue]

  public init(samples: Int, loss: Double, metrics: [MetricValue]) {
    self.samples = samples
    self.loss = loss
    self.metrics = metrics
  }

  /// The value of `loss` or of a metric.
  public subscript(name: String) -> Double? {
    name == "loss" ? loss : metrics.first { $0.name == name }?.value
  }
}
