import CKernels
public import Tensors

extension Device {
  /// Packs a Keras kernel for inference: as bfloat16 numbers where this device uses them and they are faster.
  public func packedForInference(_ kernel: Tensor, _ geometry: ConvolutionGeometry) -> PackedKernel {
    let packed = packed(kernel, geometry)
    guard bfloat16 == .products, packed.winograd == nil else { return packed }
    return self.packed(kernel, geometry, as: kernels.bfloat16Products[0])
  }

  /// Packs the right operand of a product for inference.
  public func packedForInference(_ matrix: Tensor) -> PackedMatrix {
    switch bfloat16 {
    case .none: packed(matrix)
    case .largeMatrices where matrix.count < Self.largeMatrix: packed(matrix)
    case .largeMatrices, .products: packed(matrix, as: kernels.bfloat16Products[0])
    }
  }

  /// Numbers of a matrix that does not stay in the second cache.
  private static let largeMatrix = 1 << 20

  /// Packs a Keras kernel as bfloat16 numbers.
  public func packed(_ kernel: Tensor, _ geometry: ConvolutionGeometry, as product: BFloat16Product) -> PackedKernel {
    checkKernel(kernel, geometry)
    let columns = geometry.outputChannels / geometry.groups
    let matrix = packPairs(
      kernel, groups: geometry.groups, columns: columns,
      parts: [(rows: geometry.depth, layout: MatrixLayout(rowStride: geometry.outputChannels, columnStride: 1))],
      groupOffset: columns, product)
    return PackedKernel(geometry: geometry, matrix: matrix, winograd: nil)
  }

  /// Packs the right operand of a product, `[rows, columns]`, or `[columns, rows]` if it is to be transposed, as bfloat16
  /// numbers.
  public func packed(_ matrix: Tensor, transposing: Bool = false, as product: BFloat16Product) -> PackedMatrix {
    precondition(matrix.shape.rank == 2, "a product takes matrices, not \(matrix.shape)")
    let (rows, columns) = (matrix.shape[transposing ? 1 : 0], matrix.shape[transposing ? 0 : 1])
    let layout =
      transposing
      ? MatrixLayout(rowStride: 1, columnStride: rows) : MatrixLayout(rowStride: columns, columnStride: 1)
    return packPairs(matrix, columns: columns, parts: [(rows: rows, layout: layout)], product)
  }

  /// Packs matrices whose rows come in several parts, as `pack` does, two rows to each element of the result.
  func packPairs(
    _ source: Tensor, groups: Int = 1, columns: Int, parts: [(rows: Int, layout: MatrixLayout)], groupOffset: Int = 0,
    _ product: BFloat16Product
  ) -> PackedMatrix {
    precondition(kernels.bfloat16Products.contains(product), "\(kernels) has no way \(product) here")
    let rows = parts.reduce(0) { $0 + $1.rows }
    let panel = unsafe kernels.table.panel_columns
    let panelCount = (columns + panel - 1) / panel
    let size = (rows + 1) / 2 * panel
    // A pair must not begin in one part and end in the next: such parts are joined as floats first.
    let joins = parts.dropLast().contains { $0.rows % 2 == 1 }
    let panels = reading(source) { source in
      making([groups, panelCount, (rows + 1) / 2, panel]) { target in
        forEachPiece(of: groups * panelCount, grain: max(1, 16384 / max(1, size))) { range in
          withScratch(joins ? rows * panel : 0) { joined in
            for index in range {
              let (group, first) = (index / panelCount, index % panelCount * panel)
              let width = min(panel, columns - first)
              var to = unsafe target.address + index * size
              var place = unsafe joined.address
              for part in parts {
                let layout = part.layout
                let from =
                  unsafe source.address + layout.offset + group * groupOffset + first * layout.columnStride
                if joins {
                  unsafe kernels.table.pack_panels(
                    from, layout.rowStride, layout.columnStride, part.rows, width, place, 0)
                  unsafe place += part.rows * panel
                } else {
                  unsafe packPairs(from, layout.rowStride, layout.columnStride, part.rows, width, into: to)
                  unsafe to += part.rows / 2 * panel
                }
              }
              if joins { unsafe packPairs(joined.address, panel, 1, rows, panel, into: to) }
            }
          }
        }
      }
    }
    return PackedMatrix(
      rows: rows, columns: columns, kernels: kernels, groups: groups, panels: panels, bfloat16: product)
  }

  /// Packs one panel. A pair takes the place of a float, and nobody reads it as one.
  @unsafe private func packPairs(
    _ source: UnsafePointer<Float>, _ rowStride: Int, _ columnStride: Int, _ rows: Int, _ columns: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    let pairs = unsafe (rows + 1) / 2 * kernels.table.panel_columns
    unsafe target.withMemoryRebound(to: UInt32.self, capacity: pairs) {
      unsafe kernels.table.pack_panels_bfloat16(source, rowStride, columnStride, rows, columns, $0)
    }
  }
}

extension PackedMatrix {
  /// Rows of the panels in memory: pairs of rows for bfloat16 numbers.
  var storedRows: Int { bfloat16 == nil ? rows : (rows + 1) / 2 }
}
