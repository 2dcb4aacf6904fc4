public import Tensors

/// What the outputs of a batch, or of a whole data set, should have been: one entry for each sample.
public enum Targets: Equatable, Sendable {
  /// The index of each sample's class, out of `count` classes.
  case classes([Int], count: Int)
  /// The numbers to predict, `[samples, units]`.
  case values(Tensor)

  /// One number for each sample, `[samples, 1]`: what a table of file and value holds.
  public static func values(_ numbers: [Float]) -> Targets { .values(Tensor([numbers.count, 1], numbers)) }

  /// The number of samples.
  public var count: Int {
    switch self {
    case .classes(let indices, _): indices.count
    case .values(let values): values.shape[0]
    }
  }

  /// The targets of the samples at `indices`, in that order.
  public subscript(indices: [Int]) -> Targets {
    switch self {
    case .classes(let classes, let count): .classes(indices.map { classes[$0] }, count: count)
    case .values(let values): .values(values.gathering(samples: indices))
    }
  }

  /// The targets as numbers for a model of `units` outputs, `[samples, units]`.
  ///
  /// Classes become one-hot rows; for a single output they stay what they are, 0 or 1.
  public func numbers(units: Int) -> Tensor {
    switch self {
    case .classes(let classes, _):
      units == 1 ? Tensor([classes.count, 1], classes.map(Float.init)) : oneHot(classes, count: units)
    case .values(let values): values
    }
  }
}

/// Classes as rows that are 1 at the class and 0 elsewhere, `[samples, count]`; Keras' `to_categorical`.
///
/// The categorical losses take class indices directly, so nothing here needs this form; it is for those who look.
public func oneHot(_ classes: [Int], count: Int) -> Tensor {
  var rows = [Float](repeating: 0, count: classes.count * count)
  for (sample, index) in classes.enumerated() {
    precondition(index >= 0 && index < count, "class \(index) of \(count)")
    rows[sample * count + index] = 1
  }
  return Tensor([classes.count, count], rows)
}
