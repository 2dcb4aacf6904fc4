import CKernels
public import Tensors

/// Normalisation of single rows, the last axis: what layer normalisation does before it scales and shifts.
extension Device {
  /// Each row less its mean, divided by the root of its population variance plus `epsilon`.
  ///
  /// - Input: `[…, columns]`
  /// - Returns: the normalised rows, and for each row the factor `1 / √(variance + epsilon)`, `[rows]`.
  public func rowsNormalized(_ x: Tensor, epsilon: Float) -> (normalized: Tensor, inverseDeviations: Tensor) {
    let columns = x.shape[-1]
    let rows = x.count / max(1, columns)
    var inverse = Tensor(zeros: [rows], in: buffers)
    let normalized = writing(&inverse) { inverse in
      reading(x) { source in
        making(x.shape) { target in
          forEachPiece(of: rows, grain: max(1, 8192 / max(1, columns))) { piece in
            let offset = piece.lowerBound * columns
            unsafe kernels.table.normalize_rows(
              piece.count, columns, epsilon, source.address + offset, target.address + offset,
              inverse.address + piece.lowerBound)
          }
        }
      }
    }
    return (normalized, inverse)
  }

  /// The gradient with respect to the rows that `rowsNormalized` took.
  public func rowsNormalizedGradient(_ dOutput: Tensor, normalized: Tensor, inverseDeviations: Tensor) -> Tensor {
    let columns = dOutput.shape[-1]
    let rows = dOutput.count / max(1, columns)
    precondition(
      normalized.shape == dOutput.shape && inverseDeviations.count == rows,
      "a gradient of shape \(dOutput.shape) for rows of \(normalized.shape)")
    return reading(dOutput, normalized, inverseDeviations) { gradient, normalized, inverse in
      making(dOutput.shape) { target in
        forEachPiece(of: rows, grain: max(1, 8192 / max(1, columns))) { piece in
          let offset = piece.lowerBound * columns
          unsafe kernels.table.normalize_rows_gradient(
            piece.count, columns, gradient.address + offset, normalized.address + offset,
            inverse.address + piece.lowerBound, target.address + offset)
        }
      }
    }
  }
}
