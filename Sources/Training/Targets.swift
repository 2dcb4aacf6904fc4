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

  /// The targets of the samples at `indices`, in that order.
  public subscript(indices: [Int]) -> Targets {
    let weights = weights.map { weights in indices.map { weights[$0] } }
    return switch kind {
    case .classes(let classes, let count):
      Targets(.classes(indices.map { classes[$0] }, count: count), weights: weights)
    case .values(let values): Targets(.values(values.gathering(samples: indices)), weights: weights)
    }
  }

  /// The targets as numbers for a model of `units` outputs, `[samples, units]`.
  ///
  /// Classes become one-hot rows; for a single output they stay what they are, 0 or 1.
  public func numbers(units: Int) -> Tensor {
    switch kind {
    case .classes(let classes, _):
      units == 1 ? Tensor([classes.count, 1], classes.map(Float.init)) : oneHot(classes, count: units)
    case .values(let values): values
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
