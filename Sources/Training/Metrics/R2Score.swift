public import Tensors

/// The share of the targets' variance that the outputs explain: 1 is perfect, 0 what predicting the mean would give.
///
/// - Formula: `1 − Σ (t − y)² / Σ (t − t̄)²`, the mean over the units; for targets that are all the same 1 if they were met, else 0
public struct R2Score: Metric {
  public let name: String
  public let improvesUpwards = true

  public init(name: String = "r2_score") { self.name = name }

  /// Four numbers for each unit: the first target, the sums of targets and of their squares from there on, that of squared
  /// errors. Counting from the first target keeps the digits that large means would take.
  public func add(_ outputs: Tensor, _ targets: Targets, to known: inout [Double]) {
    let units = outputs.shape[1]
    let wanted = targets.numbers(units: units).elements
    if known.isEmpty {
      known = [Double](repeating: 0, count: 4 * units)
      for unit in 0..<units where !wanted.isEmpty { known[4 * unit] = Double(wanted[unit]) }
    }
    for (index, output) in outputs.elements.enumerated() {
      let place = 4 * (index % units)
      let offset = Double(wanted[index]) - known[place]
      let error = Double(output) - Double(wanted[index])
      known[place + 1] += offset
      known[place + 2] += offset * offset
      known[place + 3] += error * error
    }
  }

  public func result(of known: [Double], samples: Int) -> Double {
    let scores = stride(from: 0, to: known.count, by: 4).map { place in
      let variation = known[place + 2] - known[place + 1] * known[place + 1] / Double(max(1, samples))
      if variation > 0 { return 1 - known[place + 3] / variation }
      return known[place + 3] == 0 ? 1.0 : 0
    }
    return scores.isEmpty ? .nan : scores.reduce(0, +) / Double(scores.count)
  }
}
