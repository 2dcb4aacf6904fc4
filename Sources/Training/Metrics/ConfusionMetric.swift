public import Tensors

/// A number that follows from how often which class was taken for which.
public struct ConfusionMetric: Metric {
  public enum Kind: Hashable, Sendable {
    /// Of those that were taken for a class, the share that is of it.
    case precision
    /// Of those of a class, the share that was found.
    case recall
    /// The harmonic mean of precision and recall ([van Rijsbergen 1979](http://www.dcs.gla.ac.uk/Keith/Preface.html)).
    case f1
    /// The mean recall of all classes.
    case balancedAccuracy
    /// See `ConfusionMatrix.cohenKappa`.
    case cohenKappa
    /// See `ConfusionMatrix.matthewsCorrelation`.
    case matthewsCorrelation
  }

  public let name: String
  public let kind: Kind
  public let reading: OutputReading
  public let average: ClassAverage
  /// The class that is looked at alone; nil for the average.
  public let classIndex: Int?
  public let improvesUpwards = true

  /// - Parameter average: nil for the usual one: the second class of two, else macro.
  public init(
    _ kind: Kind, name: String, reading: OutputReading, average: ClassAverage? = nil, classIndex: Int? = nil
  ) {
    self.kind = kind
    self.name = name
    self.reading = reading
    self.average = average ?? (reading.kind == .binary ? .binary : .macro)
    self.classIndex = classIndex
  }

  public func add(_ outputs: Tensor, _ targets: Targets, to known: inout [Double]) {
    if case .labels(let count) = reading.kind {
      Self.addTallies(outputs, targets, reading, count, to: &known)
    } else {
      Self.addMatrix(outputs, targets, reading, to: &known)
    }
  }

  public func result(of known: [Double], samples: Int) -> Double {
    if case .labels(let count) = reading.kind {
      return value(Self.tallies(known, count))
    }
    let matrix = ConfusionMatrix(classCount: reading.count, known: known)
    return switch kind {
    case .balancedAccuracy: matrix.balancedAccuracy
    case .cohenKappa: matrix.cohenKappa
    case .matthewsCorrelation: matrix.matthewsCorrelation
    case .precision, .recall, .f1: value(matrix.tallies)
    }
  }

  private func value(_ tallies: [ClassTally]) -> Double {
    func one(_ tally: ClassTally) -> Double {
      switch kind {
      case .precision: tally.precision
      case .recall, .balancedAccuracy: tally.recall
      case .f1, .cohenKappa, .matthewsCorrelation: tally.f1
      }
    }
    return classIndex.map { one(tallies[$0]) } ?? average(tallies, one)
  }

  /// Adds a batch to a matrix of classes, row after row.
  static func addMatrix(_ outputs: Tensor, _ targets: Targets, _ reading: OutputReading, to known: inout [Double]) {
    let count = reading.count
    if known.isEmpty { known = [Double](repeating: 0, count: count * count) }
    for (row, right) in zip(OutputRows(outputs), targets.classIndices) {
      known[right * count + reading.predictedClass(row)] += 1
    }
  }

  /// Adds a batch to three numbers for each label: hits, named, actual.
  static func addTallies(
    _ outputs: Tensor, _ targets: Targets, _ reading: OutputReading, _ count: Int, to known: inout [Double]
  ) {
    if known.isEmpty { known = [Double](repeating: 0, count: 3 * count) }
    let wanted = targets.numbers(units: count).elements
    for (index, output) in outputs.elements.enumerated() {
      let (named, actual) = (reading.applies(output), wanted[index] > 0.5)
      let place = 3 * (index % count)
      if named && actual { known[place] += 1 }
      if named { known[place + 1] += 1 }
      if actual { known[place + 2] += 1 }
    }
  }

  static func tallies(_ known: [Double], _ count: Int) -> [ClassTally] {
    guard !known.isEmpty else { return [] }
    return (0..<count).map { label in
      ClassTally(
        hits: Int(known[3 * label]), named: Int(known[3 * label + 1]), actual: Int(known[3 * label + 2]))
    }
  }
}
