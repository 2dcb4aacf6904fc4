import CKernels
public import Tensors

/// The right operand of a product, laid out as the micro-kernel reads it: panels of neighbouring columns.
///
/// Panels are `[columns / panel, rows, panel]`, filled up with zeros, for each of `groups` matrices.
public struct PackedMatrix: Sendable {
  public let rows, columns: Int
  /// The kernel set whose panels these are; no other can read them.
  public let kernels: KernelSet
  let groups: Int
  let panels: Tensor
  /// How its bfloat16 numbers are multiplied; nil for a matrix of floats.
  var bfloat16: BFloat16Product?

  /// Floats of all panels.
  package var floatCount: Int { panels.count }

  /// Floats of one group's panels.
  var groupStride: Int { panels.count / groups }
}

/// A convolution's kernel, packed once for a geometry, a kernel set and an algorithm.
public struct PackedKernel: Sendable {
  public let geometry: ConvolutionGeometry
  let matrix: PackedMatrix
  /// Nil for a direct product.
  let winograd: Winograd?

  /// Floats in memory.
  package var floatCount: Int { matrix.floatCount + (winograd?.kernel?.count ?? 0) }

  /// What it costs to go through it once, in floats: a kernel that is transformed as it is used grows four-fold.
  package var passCost: Int { winograd.map { $0.kernel?.count ?? 4 * matrix.floatCount } ?? matrix.floatCount }
}

/// Elements of a matrix in memory: (row, column) at `offset + row * rowStride + column * columnStride`.
struct MatrixLayout: Sendable {
  var offset = 0
  let rowStride, columnStride: Int
}

extension Device {
  /// Packs a Keras kernel `[kernelHeight, kernelWidth, inputChannels / groups, outputChannels]`.
  public func packed(_ kernel: Tensor, _ geometry: ConvolutionGeometry) -> PackedKernel {
    checkKernel(kernel, geometry)
    let columns = geometry.outputChannels / geometry.groups
    let matrix = pack(
      kernel, groups: geometry.groups, columns: columns,
      parts: [(rows: geometry.depth, layout: MatrixLayout(rowStride: geometry.outputChannels, columnStride: 1))],
      groupOffset: columns)
    return PackedKernel(
      geometry: geometry, matrix: matrix,
      winograd: winograd(
        matrix, geometry.window, groups: geometry.groups, height: geometry.outputHeight, width: geometry.outputWidth))
  }

  /// Packs the right operand of `product`, `[rows, columns]`, or `[columns, rows]` if it is to be transposed.
  public func packed(_ matrix: Tensor, transposing: Bool = false) -> PackedMatrix {
    precondition(matrix.shape.rank == 2, "a product takes matrices, not \(matrix.shape)")
    let stride = matrix.shape[1]
    return pack(
      matrix, columns: matrix.shape[transposing ? 0 : 1],
      parts: [
        (
          rows: matrix.shape[transposing ? 1 : 0],
          layout: MatrixLayout(rowStride: transposing ? 1 : stride, columnStride: transposing ? stride : 1)
        )
      ])
  }

  /// Packs matrices whose rows come in several parts, one below the other; group `g` starts `g * groupOffset` further on.
  func pack(
    _ source: Tensor, groups: Int = 1, columns: Int, parts: [(rows: Int, layout: MatrixLayout)], groupOffset: Int = 0
  ) -> PackedMatrix {
    let rows = parts.reduce(0) { $0 + $1.rows }
    let panel = unsafe kernels.table.panel_columns
    let panelCount = (columns + panel - 1) / panel
    let panels = reading(source) { source in
      making([groups, panelCount, rows, panel]) { target in
        forEachPiece(of: groups * panelCount, grain: max(1, 32768 / max(1, rows * panel))) { range in
          for index in range {
            let (group, first) = (index / panelCount, index % panelCount * panel)
            var to = unsafe target.address + index * rows * panel
            for part in parts {
              let from =
                unsafe source.address + part.layout.offset + group * groupOffset + first * part.layout.columnStride
              unsafe kernels.table.pack_panels(
                from, part.layout.rowStride, part.layout.columnStride, part.rows, min(panel, columns - first), to,
                rows * panel)
              unsafe to += part.rows * panel
            }
          }
        }
      }
    }
    return PackedMatrix(rows: rows, columns: columns, kernels: kernels, groups: groups, panels: panels)
  }

  func checkKernel(_ kernel: Tensor, _ g: ConvolutionGeometry) {
    precondition(
      kernel.shape == [g.kernelHeight, g.kernelWidth, g.inputChannels / g.groups, g.outputChannels],
      "a kernel of shape \(kernel.shape) for \(g)")
  }
}
