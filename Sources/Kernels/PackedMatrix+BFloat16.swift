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
    let matrix = packPairs(
      kernel, groups: geometry.groups, rows: geometry.depth, columns: geometry.outputChannels / geometry.groups,
      product)
    return PackedKernel(geometry: geometry, matrix: matrix, winograd: nil)
  }

  /// Packs the right operand of a product, `[rows, columns]`, as bfloat16 numbers.
  public func packed(_ matrix: Tensor, as product: BFloat16Product) -> PackedMatrix {
    precondition(matrix.shape.rank == 2, "a product takes matrices, not \(matrix.shape)")
    return packPairs(matrix, groups: 1, rows: matrix.shape[0], columns: matrix.shape[1], product)
  }

  /// Packs matrices that stand side by side, two rows to each element of the result.
  private func packPairs(
    _ source: Tensor, groups: Int, rows: Int, columns: Int, _ product: BFloat16Product
  ) -> PackedMatrix {
    precondition(kernels.bfloat16Products.contains(product), "\(kernels) has no way \(product) here")
    let panel = unsafe kernels.table.panel_columns
    let panelCount = (columns + panel - 1) / panel
    let size = (rows + 1) / 2 * panel
    let panels = reading(source) { source in
      making([groups, panelCount, (rows + 1) / 2, panel]) { target in
        forEachPiece(of: groups * panelCount, grain: max(1, 16384 / max(1, size))) { range in
          for index in range {
            let (group, first) = (index / panelCount, index % panelCount * panel)
            // A pair takes the place of a float, and nobody reads it as one.
            unsafe (target.address + index * size).withMemoryRebound(to: UInt32.self, capacity: size) { to in
              unsafe kernels.table.pack_panels_bfloat16(
                source.address + group * columns + first, groups * columns, 1, rows, min(panel, columns - first), to)
            }
          }
        }
      }
    }
    return PackedMatrix(
      rows: rows, columns: columns, kernels: kernels, groups: groups, panels: panels, bfloat16: product)
  }
}

extension PackedMatrix {
  /// Rows of the panels in memory: pairs of rows for bfloat16 numbers.
  var storedRows: Int { bfloat16 == nil ? rows : (rows + 1) / 2 }
}
