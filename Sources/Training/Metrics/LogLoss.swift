public import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// The mean surprise at the right class, in nats: the cross-entropy, whatever the loss is.
///
/// - Formula: `−ln p` of the right class, with probabilities divided by their sum and taken from [1e-7, 1 − 1e-7]; for labels
///   the mean of `−t ln p − (1 − t) ln(1 − p)`
public struct LogLoss: AveragedMetric {
  public let name: String
  public let reading: OutputReading
  public let improvesUpwards = false

  public init(name: String, reading: OutputReading) {
    self.name = name
    self.reading = reading
  }

  public func sum(_ outputs: Tensor, _ targets: Targets) -> Double {
    if case .labels(let count) = reading.kind {
      let wanted = targets.numbers(units: count).elements
      var sum = 0.0
      for (sample, row) in OutputRows(outputs).enumerated() {
        for (label, probability) in reading.probabilities(row).enumerated() {
          let p = clipped(probability)
          sum -= log(wanted[sample * count + label] > 0.5 ? p : 1 - p) / Double(count)
        }
      }
      return sum
    }
    return zip(OutputRows(outputs), targets.classIndices).reduce(0.0) { sum, sample in
      let probabilities = reading.probabilities(sample.0)
      return sum - log(clipped(probabilities[sample.1] / probabilities.reduce(0, +)))
    }
  }
}
