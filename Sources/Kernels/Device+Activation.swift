import CKernels
public import Tensors

extension Device {
  /// Applies an activation to every element (softmax: to every row of the last axis).
  public func activate(_ x: Tensor, _ activation: ActivationFunction) -> Tensor {
    if activation == .linear { return x }
    let columns = activation == .softmax ? x.shape[-1] : 1
    return reading(x) { source in
      making(x.shape) { activate(source, count: x.count, columns: columns, activation, into: $0) }
    }
  }

  /// The same for `count` numbers in memory, in rows of `columns`; `target` may be where they are.
  package func activate(
    _ source: Source, count: Int, columns: Int, _ activation: ActivationFunction, into target: Target
  ) {
    if activation == .softmax {
      forEachPiece(of: count / max(1, columns), grain: max(1, 4096 / max(1, columns))) { rows in
        let offset = rows.lowerBound * columns
        unsafe kernels.table.softmax(rows.count, columns, source.address + offset, target.address + offset)
      }
      return
    }
    let code = activation.code
    forEachPiece(of: count, grain: 8192) { range in
      let offset = range.lowerBound
      unsafe withParameters(code) { kind, parameters in
        unsafe kernels.table.activate(kind, parameters, range.count, source.address + offset, target.address + offset)
      }
    }
  }

  /// The gradient with respect to an activation's input.
  ///
  /// Of `input` and `output` only the one that `activation.gradientNeeds` names is read; the other may be nil.
  public func activationGradient(
    _ dOutput: Tensor, input: Tensor?, output: Tensor?, _ activation: ActivationFunction
  ) -> Tensor {
    let kept: Tensor
    switch activation.gradientNeeds {
    case .nothing: return dOutput
    case .input:
      guard let input else { preconditionFailure("the gradient of \(activation) needs its input") }
      kept = input
    case .output:
      guard let output else { preconditionFailure("the gradient of \(activation) needs its output") }
      kept = output
    }
    precondition(kept.shape == dOutput.shape, "a gradient of shape \(dOutput.shape) for numbers of shape \(kept.shape)")
    return reading(dOutput, kept) { gradient, kept in
      making(dOutput.shape) { target in
        if activation == .softmax {
          let columns = dOutput.shape[-1]
          forEachPiece(of: dOutput.count / max(1, columns), grain: max(1, 4096 / max(1, columns))) { rows in
            let offset = rows.lowerBound * columns
            unsafe kernels.table.softmax_gradient(
              rows.count, columns, gradient.address + offset, kept.address + offset, target.address + offset)
          }
          return
        }
        let code = activation.code
        forEachPiece(of: dOutput.count, grain: 8192) { range in
          let offset = range.lowerBound
          unsafe withParameters(code) { kind, parameters in
            // The kernel reads the one of the two it needs; both are the tensor that was kept.
            unsafe kernels.table.activation_gradient(
              kind, parameters, range.count, gradient.address + offset, kept.address + offset, kept.address + offset,
              target.address + offset)
          }
        }
      }
    }
  }
}

/// Calls `body` with an activation's number and its parameters in memory, valid until it returns.
@unsafe private func withParameters(
  _ code: (kind: Int32, parameters: (Float, Float, Float)), _ body: (Int32, UnsafePointer<Float>) -> Void
) {
  unsafe withUnsafeBytes(of: code.parameters) { bytes in
    guard let base = unsafe bytes.assumingMemoryBound(to: Float.self).baseAddress else { return }
    unsafe body(code.kind, base)
  }
}
