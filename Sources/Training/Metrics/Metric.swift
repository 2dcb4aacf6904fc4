public import Tensors

/// A number to watch. What batches say adds up in a list of numbers, from which the result follows; so a metric is the same
/// however its samples were cut into batches, and what is known can be kept and gone on from.
public protocol Metric: Hashable, Sendable {
  /// The name in histories, as it was asked for: `accuracy`, `mse`.
  var name: String { get }

  /// Whether more is better.
  var improvesUpwards: Bool { get }

  /// Adds what a batch of outputs `[samples, units]` says to what is known; nothing is at first.
  func add(_ outputs: Tensor, _ targets: Targets, to known: inout [Double])

  /// The value for all samples that were added.
  func result(of known: [Double], samples: Int) -> Double

  /// Whether the result costs next to nothing, so that it may be asked for after every batch.
  var isCheap: Bool { get }
}

extension Metric {
  public var isCheap: Bool { true }

  /// The value for one batch.
  public func callAsFunction(_ outputs: Tensor, _ targets: Targets) -> Double {
    var known: [Double] = []
    add(outputs, targets, to: &known)
    return result(of: known, samples: outputs.shape[0])
  }
}

/// A metric that is a mean over samples, or follows from one.
public protocol AveragedMetric: Metric {
  /// The sum over the samples of `outputs` `[samples, units]` of what the metric averages.
  func sum(_ outputs: Tensor, _ targets: Targets) -> Double

  /// What is reported for the mean over all samples.
  func result(ofMean mean: Double) -> Double
}

extension AveragedMetric {
  public func result(ofMean mean: Double) -> Double { mean }

  public func add(_ outputs: Tensor, _ targets: Targets, to known: inout [Double]) {
    if known.isEmpty { known = [0] }
    known[0] += sum(outputs, targets)
  }

  public func result(of known: [Double], samples: Int) -> Double {
    result(ofMean: (known.first ?? 0) / Double(max(1, samples)))
  }
}
