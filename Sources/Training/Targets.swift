public import Tensors

/// What the outputs of a batch, or of a whole data set, should have been: one entry for each sample.
public struct Targets: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    /// The index of each sample's class, out of `count` classes.
    case classes([Int], count: Int)
    /// The numbers to predict, `[samples, units]`; for several labels at once a 1 for each that applies, else 0.
    case values(Tensor)
  }

  public var kind: Kind
  /// How much each sample counts in the loss; nil for 1. Metrics count every sample the same.
  public var weights: [Float]?
  /// How much each sample has of every class, `[samples, classes]`, where samples were mixed; the class in `kind` is then the one
  /// with the largest share.
  public internal(set) var classShares: Tensor?

  public init(_ kind: Kind, weights: [Float]? = nil) {
    self.kind = kind
    self.weights = weights
    precondition(weights.map { $0.count == count } ?? true, "\(weights?.count ?? 0) weights for \(count) samples")
  }

  /// The index of each sample's class, out of `count` classes.
  public static func classes(_ indices: [Int], count: Int) -> Targets { Targets(.classes(indices, count: count)) }

  /// The numbers to predict, `[samples, units]`.
  public static func values(_ values: Tensor) -> Targets { Targets(.values(values)) }

  /// One number for each sample, `[samples, 1]`: what a table of file and value holds.
  public static func values(_ numbers: [Float]) -> Targets { .values(Tensor([numbers.count, 1], numbers)) }

  /// The number of samples.
  public var count: Int {
    switch kind {
    case .classes(let indices, _): indices.count
    case .values(let values): values.shape[0]
    }
  }

  /// The number of classes; nil for numbers.
  public var classCount: Int? {
    if case .classes(_, let count) = kind { count } else { nil }
  }

  /// The targets of the samples at `indices`, in that order; an index of `count` or more is that of a sample that is drawn again,
  /// `index % count`.
  public subscript(indices: [Int]) -> Targets {
    let indices = indices.map { $0 % count }
    let weights = weights.map { weights in indices.map { weights[$0] } }
    return switch kind {
    case .classes(let classes, let count):
      if let classShares {
        Targets(classShares: classShares.gathering(samples: indices), weights: weights)
      } else {
        Targets(.classes(indices.map { classes[$0] }, count: count), weights: weights)
      }
    case .values(let values): Targets(.values(values.gathering(samples: indices)), weights: weights)
    }
  }

  /// The targets as numbers for a model of `units` outputs, `[samples, units]`.
  ///
  /// Classes become one-hot rows, mixed ones their shares; for a single output they are 0 or 1, or the share of the second class.
  public func numbers(units: Int) -> Tensor {
    switch kind {
    case .classes where classShares != nil:
      units == 1 ? secondClass : classShares ?? Tensor([0, units], [])
    case .classes(let classes, _):
      units == 1 ? Tensor([classes.count, 1], classes.map(Float.init)) : oneHot(classes, count: units)
    case .values(let values): values
    }
  }
}

extension Targets {
  /// The share of the second class of each sample, `[samples, 1]`.
  private var secondClass: Tensor {
    guard let classShares else { preconditionFailure("only mixed samples have shares of classes") }
    return Tensor(
      [count, 1], classShares.products(with: [0, 1] + [Float](repeating: 0, count: classShares.shape[1] - 2)))
  }
}

extension Tensor {
  /// For each row of `[samples, units]` the sum of its products with these numbers.
  func products(with factors: [Float]) -> [Float] {
    let elements = elements
    return (0..<shape[0]).map { row in
      factors.indices.reduce(0) { $0 + elements[row * factors.count + $1] * factors[$1] }
    }
  }
}

/// Classes as rows that are 1 at the class and 0 elsewhere, `[samples, count]`; Keras' `to_categorical`.
public func oneHot(_ classes: [Int], count: Int) -> Tensor {
  var rows = [Float](repeating: 0, count: classes.count * count)
  for (sample, index) in classes.enumerated() {
    precondition(index >= 0 && index < count, "class \(index) of \(count)")
    rows[sample * count + index] = 1
  }
  return Tensor([classes.count, count], rows)
}
