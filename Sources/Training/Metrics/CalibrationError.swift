public import Tensors

/// How far a model's confidence is from its accuracy: 0 if of all answers given with 80 % confidence 80 % are right.
///
/// - Formula: `Σ (nᵦ / n) |accuracyᵦ − confidenceᵦ|` over `bins` bins of equal width, the confidence being the probability of the
///   class that was named
///
/// The "expected calibration error", [Guo et al. 2017](https://arxiv.org/abs/1706.04599), with 15 bins unless said otherwise.
public struct CalibrationError: Metric {
  public let name: String
  public let reading: OutputReading
  public let bins: Int
  public let improvesUpwards = false

  public init(name: String, reading: OutputReading, bins: Int = 15) {
    self.name = name
    self.reading = reading
    self.bins = bins
  }

  /// Three numbers for each bin: samples, right ones, the sum of confidences.
  public func add(_ outputs: Tensor, _ targets: Targets, to known: inout [Double]) {
    if known.isEmpty { known = [Double](repeating: 0, count: 3 * bins) }
    for (row, right) in zip(OutputRows(outputs), targets.classIndices) {
      let named = reading.predictedClass(row)
      let confidence = reading.probabilities(row)[named]
      guard confidence.isFinite else { continue }
      // Bins are open below and closed above.
      let bin = min(max(Int((confidence * Double(bins)).rounded(.up)) - 1, 0), bins - 1)
      known[3 * bin] += 1
      if named == right { known[3 * bin + 1] += 1 }
      known[3 * bin + 2] += confidence
    }
  }

  public func result(of known: [Double], samples: Int) -> Double {
    var distance = 0.0
    for bin in stride(from: 0, to: known.count, by: 3) { distance += abs(known[bin + 1] - known[bin + 2]) }
    return distance / Double(max(1, samples))
  }
}
