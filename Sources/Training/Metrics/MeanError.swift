public import Tensors

/// A mean error over the samples of a regression.
public struct MeanError: AveragedMetric {
  public enum Kind: Hashable, Sendable {
    /// `(y − t)²`, in the square of the target's unit.
    case squared
    /// The square root of the mean of `(y − t)²` over all samples, in the target's unit.
    ///
    /// Over all samples of an epoch, as Keras' `RootMeanSquaredError`: the mean of the batches' roots would be less.
    case rootSquared
    /// `|y − t|`, in the target's unit.
    case absolute
  }

  public let name: String
  public let kind: Kind
  public let improvesUpwards = false

  public init(_ kind: Kind, name: String) {
    self.kind = kind
    self.name = name
  }

  public func sum(_ outputs: Tensor, _ targets: Targets) -> Double {
    let units = outputs.shape[1]
    let wanted = targets.numbers(units: units).elements
    let sum = zip(outputs.elements, wanted).reduce(0.0) { sum, pair in
      let error = Double(pair.0) - Double(pair.1)
      return sum + (kind == .absolute ? abs(error) : error * error)
    }
    return sum / Double(units)
  }

  public func result(ofMean mean: Double) -> Double { kind == .rootSquared ? mean.squareRoot() : mean }
}
