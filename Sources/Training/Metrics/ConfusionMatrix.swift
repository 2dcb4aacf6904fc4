/// How often samples of each class were taken for each class.
public struct ConfusionMatrix: Hashable, Sendable {
  public let classCount: Int
  /// Row after row: a row for each right class, a column for each class that was named.
  public private(set) var counts: [Int]

  public init(classCount: Int) {
    self.classCount = classCount
    counts = [Int](repeating: 0, count: classCount * classCount)
  }

  init(classCount: Int, known: [Double]) {
    self.init(classCount: classCount)
    if !known.isEmpty { counts = known.map { Int($0) } }
  }

  /// Samples of the class `right` that were taken for `named`.
  public subscript(right: Int, named: Int) -> Int {
    get { counts[right * classCount + named] }
    set { counts[right * classCount + named] = newValue }
  }

  public var sampleCount: Int { counts.reduce(0, +) }

  /// What was right and wrong of each class.
  public var tallies: [ClassTally] {
    (0..<classCount).map { index in
      ClassTally(
        hits: self[index, index], named: (0..<classCount).reduce(0) { $0 + self[$1, index] },
        actual: (0..<classCount).reduce(0) { $0 + self[index, $1] })
    }
  }

  /// The share of samples that were taken for what they are.
  public var accuracy: Double { quotient(tallies.reduce(0) { $0 + $1.hits }, sampleCount) }

  /// The mean recall of the classes that have samples.
  public var balancedAccuracy: Double {
    let present = tallies.filter { $0.actual > 0 }
    return present.isEmpty ? 0 : present.reduce(0) { $0 + $1.recall } / Double(present.count)
  }

  /// How much better than by chance: `(pₒ − pₑ) / (1 − pₑ)` with the accuracy `pₒ` and the one `pₑ = Σ actual · named / n²`
  /// that independent answers of the same frequencies would have ([Cohen 1960](https://doi.org/10.1177/001316446002000104)).
  public var cohenKappa: Double {
    let total = Double(max(1, sampleCount))
    let chance = tallies.reduce(0) { $0 + Double($1.actual) / total * Double($1.named) / total }
    return chance == 1 ? .nan : (accuracy - chance) / (1 - chance)
  }

  /// The correlation of right and named classes, from −1 to 1: `(c s − Σ p t) / √((s² − Σ p²)(s² − Σ t²))` with `c` hits of `s`
  /// samples, `p` named and `t` actual ([Gorodkin 2004](https://doi.org/10.1016/j.compbiolchem.2004.09.006)); 0 where the root is.
  public var matthewsCorrelation: Double {
    let (total, tallies) = (Double(sampleCount), tallies)
    let hits = tallies.reduce(0.0) { $0 + Double($1.hits) }
    let both = tallies.reduce(0.0) { $0 + Double($1.named) * Double($1.actual) }
    let named = tallies.reduce(0.0) { $0 + Double($1.named) * Double($1.named) }
    let actual = tallies.reduce(0.0) { $0 + Double($1.actual) * Double($1.actual) }
    let root = ((total * total - named) * (total * total - actual)).squareRoot()
    return root == 0 ? 0 : (hits * total - both) / root
  }
}

/// What was right and wrong of one class or label.
public struct ClassTally: Hashable, Sendable {
  /// Samples of the class that were taken for it.
  public var hits: Int
  /// Samples that were taken for the class.
  public var named: Int
  /// Samples of the class.
  public var actual: Int

  public init(hits: Int, named: Int, actual: Int) {
    self.hits = hits
    self.named = named
    self.actual = actual
  }

  /// How many of those that were taken for the class are of it; 0 where there are none.
  public var precision: Double { quotient(hits, named) }
  /// How many of the class were found; 0 where there are none.
  public var recall: Double { quotient(hits, actual) }
  /// The harmonic mean of both: `2 hits / (named + actual)`.
  public var f1: Double { quotient(2 * hits, named + actual) }
}

/// A share; 0 of nothing.
private func quotient(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }

/// How the numbers of classes become one, by scikit-learn's names.
public enum ClassAverage: String, CaseIterable, Hashable, Sendable {
  /// Every class counts the same; one that neither has samples nor was named does not count.
  case macro
  /// Every sample counts the same: hits and mistakes are summed first.
  case micro
  /// Every class counts as many times as it has samples.
  case weighted
  /// The second of two classes alone.
  case binary

  func callAsFunction(_ tallies: [ClassTally], _ value: (ClassTally) -> Double) -> Double {
    switch self {
    case .binary: return tallies.last.map(value) ?? 0
    case .micro:
      return value(
        tallies.reduce(ClassTally(hits: 0, named: 0, actual: 0)) { sum, tally in
          ClassTally(hits: sum.hits + tally.hits, named: sum.named + tally.named, actual: sum.actual + tally.actual)
        })
    case .macro:
      let present = tallies.filter { $0.named + $0.actual > 0 }
      return present.isEmpty ? 0 : present.reduce(0) { $0 + value($1) } / Double(present.count)
    case .weighted:
      let all = tallies.reduce(0) { $0 + $1.actual }
      return all == 0 ? 0 : tallies.reduce(0) { $0 + value($1) * Double($1.actual) } / Double(all)
    }
  }
}
