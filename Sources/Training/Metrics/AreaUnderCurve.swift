public import Tensors

/// How well scores put the samples of a class before all others: 1 for a perfect order.
///
/// - ROC: the chance that a random sample of the class has the larger score of two, half of it for equal ones; ½ by chance
/// - PR: the average precision `Σ (Rₙ − Rₙ₋₁) Pₙ` over all thresholds; the class' share of samples by chance
///
/// Exact, over all samples, as scikit-learn's `roc_auc_score` and `average_precision_score`; Keras' `AUC` approximates it with
/// 200 thresholds. With several classes each stands against the rest, and the mean is taken over those that have samples and
/// are not all there is.
public struct AreaUnderCurve: Metric {
  public enum Curve: String, CaseIterable, Hashable, Sendable {
    case roc
    case precisionRecall = "pr"
  }

  public let name: String
  public let curve: Curve
  public let reading: OutputReading
  public let improvesUpwards = true
  public var isCheap: Bool { false }

  public init(_ curve: Curve, name: String, reading: OutputReading) {
    self.curve = curve
    self.name = name
    self.reading = reading
  }

  /// For each sample its scores, then a 1 for each class or label that is its own, else 0.
  public func add(_ outputs: Tensor, _ targets: Targets, to known: inout [Double]) {
    for (scores, truth) in Self.answers(outputs, targets, reading) { known += scores + truth }
  }

  static func answers(
    _ outputs: Tensor, _ targets: Targets, _ reading: OutputReading
  ) -> [(scores: [Double], truth: [Double])] {
    let truth: [Float]
    if case .labels(let count) = reading.kind {
      truth = targets.numbers(units: count).elements
    } else {
      truth = oneHot(targets.classIndices, count: reading.count).elements
    }
    let count = reading.count
    return OutputRows(outputs).enumerated().map { sample, row in
      (reading.scores(row), truth[sample * count..<(sample + 1) * count].map { $0 > 0.5 ? 1 : 0 })
    }
  }

  public func result(of known: [Double], samples: Int) -> Double {
    let count = reading.count
    let areas = (0..<count).map { index in
      let places = stride(from: 0, to: known.count, by: 2 * count)
      return Self.area(
        curve, scores: places.map { known[$0 + index] }, truth: places.map { known[$0 + count + index] > 0 })
    }
    if reading.kind == .binary { return areas[1] }
    let defined = areas.filter { !$0.isNaN }
    return defined.isEmpty ? .nan : defined.reduce(0, +) / Double(defined.count)
  }

  /// The area for one class; NaN where all samples are of it or none is.
  static func area(_ curve: Curve, scores: [Double], truth: [Bool]) -> Double {
    let positives = truth.count { $0 }
    guard positives > 0, positives < truth.count else { return .nan }
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var (hits, misses, area) = (0.0, 0.0, 0.0)
    var place = 0
    while place < order.count {
      // Equal scores come together: no threshold tells them apart.
      let (hitsBefore, missesBefore) = (hits, misses)
      let score = scores[order[place]]
      repeat {
        if truth[order[place]] { hits += 1 } else { misses += 1 }
        place += 1
      } while place < order.count && scores[order[place]] == score
      switch curve {
      case .roc: area += (misses - missesBefore) * (hits + hitsBefore) / 2
      case .precisionRecall: area += (hits - hitsBefore) * hits / (hits + misses)
      }
    }
    return curve == .roc ? area / (Double(positives) * Double(truth.count - positives)) : area / Double(positives)
  }
}
