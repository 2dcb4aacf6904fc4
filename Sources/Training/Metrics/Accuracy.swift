public import Tensors

/// The share of samples whose largest output is that of the right class, from 0 to 1.
///
/// Keras' `CategoricalAccuracy` and `SparseCategoricalAccuracy`, which differ in how targets are written only. Of equal
/// outputs the first counts as the largest.
public struct CategoricalAccuracy: AveragedMetric {
  public let name: String
  public let improvesUpwards = true

  public init(name: String = "accuracy") { self.name = name }

  public func sum(_ outputs: Tensor, _ targets: Targets) -> Double {
    guard case .classes(let classes, _) = targets.kind else { preconditionFailure("accuracy of numbers") }
    return Double(
      zip(OutputRows(outputs), classes).count { row, right in
        row.max().flatMap(row.firstIndex(of:)) == row.startIndex + right
      })
  }
}

/// The share of samples whose right class is among the `k` largest outputs, from 0 to 1.
///
/// Keras' `TopKCategoricalAccuracy` and its sparse twin. Outputs equal to that of the right class do not displace it.
public struct TopKCategoricalAccuracy: AveragedMetric {
  public let name: String
  public let improvesUpwards = true
  public let k: Int

  public init(k: Int = 5, name: String = "top_k_categorical_accuracy") {
    self.k = k
    self.name = name
  }

  public func sum(_ outputs: Tensor, _ targets: Targets) -> Double {
    guard case .classes(let classes, _) = targets.kind else { preconditionFailure("accuracy of numbers") }
    return Double(
      zip(OutputRows(outputs), classes).count { row, right in
        let own = row[row.startIndex + right]
        return own.isFinite && row.count { $0 > own } < k
      })
  }
}

/// The share of outputs on the right side of a threshold, from 0 to 1.
///
/// Keras' `BinaryAccuracy`: yes is an output above the threshold. For logits the threshold is 0, where the probability
/// is ½; Keras keeps 0.5 there unless it is told. Targets that were mixed count as yes above ½.
public struct BinaryAccuracy: AveragedMetric {
  public let name: String
  public let improvesUpwards = true
  public let threshold: Float

  public init(threshold: Float = 0.5, name: String = "accuracy") {
    self.threshold = threshold
    self.name = name
  }

  public func sum(_ outputs: Tensor, _ targets: Targets) -> Double {
    let wanted = targets.numbers(units: outputs.shape[1]).elements
    let right = zip(outputs.elements, wanted).count { ($0 > threshold) == ($1 > 0.5) }
    return Double(right) / Double(outputs.shape[1])
  }
}
