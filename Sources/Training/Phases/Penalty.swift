public import Layers
import Tensors

/// What the loss carries for the size of the parameters: `Σ l1·|w| + l2·w²`, over the parameters that are trained.
///
/// That is what Keras adds: the penalties that a file's layers bring along (`kernel_regularizer`), none for what is frozen.
/// A recipe's `l1` and `l2` are one more, on all kernels (`kernel`, `depthwise_kernel`, `pointwise_kernel`; no bias, γ or β), with
/// Keras' meaning: `L2` is without a factor ½, so that its gradient is `2·l2·w`.
public struct Penalty: Sendable {
  private struct Term {
    var parameter: Int
    var l1: Double
    var l2: Double
  }

  private let terms: [Term]

  /// The penalties on what is trainable in `model` now.
  public init(_ model: Model, l1: Float = 0, l2: Float = 0) {
    let kernels: Set<Substring> = ["kernel", "depthwise_kernel", "pointwise_kernel"]
    terms = model.trainableParameters.compactMap { index in
      let parameter = model.parameters[index]
      let name = parameter.path.split(separator: "/").last ?? ""
      let term = Term(
        parameter: index, l1: Double(parameter.regularizer?.l1 ?? 0) + Double(kernels.contains(name) ? l1 : 0),
        l2: Double(parameter.regularizer?.l2 ?? 0) + Double(kernels.contains(name) ? l2 : 0))
      return term.l1 == 0 && term.l2 == 0 ? nil : term
    }
  }

  /// What the loss carries, summed in `Double`.
  public func value(_ model: Model) -> Double {
    terms.reduce(0) { sum, term in
      unsafe model.parameters[term.parameter].value.withUnsafeElements { weights in
        var (absolute, square) = (0.0, 0.0)
        for index in weights.indices {
          let weight = unsafe Double(weights[index])
          absolute += abs(weight)
          square += weight * weight
        }
        return sum + term.l1 * absolute + term.l2 * square
      }
    }
  }

  /// Adds the slope `l1·sign(w) + 2·l2·w`, in place.
  func add(to gradient: inout Tensor, ofParameter parameter: Int, in model: Model) {
    add(to: &gradient, ofParameter: parameter, weights: model.parameters[parameter].value)
  }

  /// The same for some rows of a parameter.
  func add(to gradient: inout Tensor, ofParameter parameter: Int, weights: Tensor) {
    for term in terms where term.parameter == parameter {
      let (l1, l2) = (Float(term.l1), Float(2 * term.l2))
      gradient.update(with: weights) { slope, weight in
        slope += l2 * weight + (weight == 0 ? 0 : weight < 0 ? -l1 : l1)
      }
    }
  }
}
