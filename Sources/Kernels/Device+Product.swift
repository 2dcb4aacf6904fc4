import CKernels
public import Tensors

extension Device {
  /// The matrix product of `a` `[rows, depth]` and `b` `[depth, columns]`, either of them transposed first if so wished.
  public func product(
    _ a: Tensor, _ b: Tensor, transposingA: Bool = false, transposingB: Bool = false, epilogue: Epilogue = .none
  ) -> Tensor {
    precondition(a.shape.rank == 2 && b.shape.rank == 2, "a product takes matrices, not \(a.shape) and \(b.shape)")
    precondition(
      a.shape[transposingA ? 0 : 1] == b.shape[transposingB ? 1 : 0],
      "no product of \(a.shape)\(transposingA ? " transposed" : "") and \(b.shape)\(transposingB ? " transposed" : "")")
    guard transposingA else {
      if a.shape[0] <= CK_BLOCK_ROWS && b.count >= Self.largeMatrix {
        return productInPlace(a, b, transposing: transposingB, epilogue: epilogue)
      }
      return product(a, packedForStep(b, transposing: transposingB), epilogue: epilogue)
    }
    if epilogue.isEmpty && !transposingB {
      return kernelGradient(
        a, b, windows: .matrix(rows: a.shape[0], columns: a.shape[1]), groups: 1, rowsPerSample: 1,
        rows: a.shape[0], shape: [a.shape[1], b.shape[1]])
    }
    return product(transposed(a), packedForStep(b, transposing: transposingB), epilogue: epilogue)
  }

  /// Some rows of `aᵀ · b`, a product of 2¹⁸ numbers or more: the same bits as in the whole, where every number is one chain, too.
  package func transposedProduct(_ a: Tensor, _ b: Tensor, rows: Range<Int>) -> Tensor {
    let (samples, depth, columns) = (a.shape[0], a.shape[1], b.shape[1])
    precondition(samples == b.shape[0], "no product of \(a.shape) transposed and \(b.shape)")
    precondition(rows.lowerBound >= 0 && rows.upperBound <= depth, "rows \(rows) of \(depth)")
    precondition(depth * columns >= Self.largeMatrix, "a product of [\(depth), \(columns)] is summed in chunks")
    return kernelGradient(
      a, b, from: rows.lowerBound, windows: .matrix(rows: samples, columns: rows.count, rowStride: depth), groups: 1,
      rowsPerSample: 1, rows: samples, shape: [rows.count, columns], isOneChain: true)
  }

  /// Numbers of a matrix that no cache holds: with few rows to multiply, packing it would be most of the work.
  private static var largeMatrix: Int { 1 << 18 }

  /// The product of a few rows and a large matrix that is read where it lies. The same bits as with a packed one.
  private func productInPlace(_ a: Tensor, _ b: Tensor, transposing: Bool, epilogue: Epilogue) -> Tensor {
    let (rows, depth, columns) = (a.shape[0], a.shape[1], b.shape[transposing ? 0 : 1])
    let (rowStride, columnStride) = transposing ? (1, b.shape[1]) : (b.shape[1], 1)
    let panel = unsafe kernels.table.panel_columns
    let panels = (columns + panel - 1) / panel
    let pieces = min(panels, 4 * threadCount)
    return making([rows, columns]) { target in
      epilogue.withKernelEpilogue(outputShape: [rows, columns]) { epilogue in
        reading(a, b) { a, b in
          forEach(rows == 0 ? 0 : pieces, scratch: Int(CK_PRODUCT_SCRATCH)) { piece, scratch in
            let first = panels * piece / pieces * panel
            let last = min(columns, panels * (piece + 1) / pieces * panel)
            unsafe kernels.multiplyInPlace(
              as: training, rows: rows, columns: last - first, depth: depth, a.address,
              b.address + first * columnStride, rowStride: rowStride, columnStride: columnStride,
              into: target.address + first, outputStride: columns, epilogue: epilogue.shifted(by: first),
              scratch: scratch.address)
          }
        }
      }
    }
  }

  /// The product of a matrix `[rows, depth]` and a packed one.
  public func product(_ a: Tensor, _ b: PackedMatrix, epilogue: Epilogue = .none) -> Tensor {
    precondition(a.shape.rank == 2 && a.shape[1] == b.rows, "no product of \(a.shape) and [\(b.rows), \(b.columns)]")
    let shape: Shape = [a.shape[0], b.columns]
    return making(shape) { target in
      epilogue.withKernelEpilogue(outputShape: shape) { epilogue in
        reading(a) { product($0, rows: shape[0], b, into: target, epilogue: epilogue) }
      }
    }
  }

  /// The product of `rows` rows that lie in memory one after the other and a packed matrix.
  package func product(_ a: Source, rows: Int, _ b: PackedMatrix, into target: Target, epilogue: KernelEpilogue) {
    multiply(
      a, b, windows: .matrix(rows: rows, columns: b.rows), rows: rows, into: target, epilogue: epilogue)
  }

  /// A matrix with its axes exchanged.
  public func transposed(_ a: Tensor) -> Tensor {
    precondition(a.shape.rank == 2, "only a matrix is transposed, not \(a.shape)")
    let (rows, columns) = (a.shape[0], a.shape[1])
    return reading(a) { source in
      making([columns, rows]) { target in
        forEachPiece(of: columns, grain: max(1, 16384 / max(1, rows))) { range in
          for column in range {
            for row in 0..<rows {
              unsafe target.address[column * rows + row] = source.address[row * columns + column]
            }
          }
        }
      }
    }
  }
}
