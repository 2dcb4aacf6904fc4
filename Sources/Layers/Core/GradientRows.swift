package import Kernels
public import Tensors

/// The gradient of a matrix `[rows, columns]` that is still to be made, as a whole or a few rows at a time: `xᵀ · d`.
///
/// - Inputs: `x` `[samples, rows]`, `d` `[samples, columns]`
///
/// Where a few samples meet very many weights it is larger than all it is made of: 411 MB in front of VGG's first dense layer. An
/// optimiser that moves every number by itself needs no more of it than the rows it is just moving. The rows have the bits that
/// they have in the whole.
public struct GradientRows: Sendable {
  private let x, dOutput: Tensor
  private let device: Device

  /// From so many numbers on a gradient is worth making in parts. Smaller ones add up their samples in another order.
  package static let leastCount = 1 << 20
  /// About as many numbers are made at once: enough to share out, and still in the cache when the weights move.
  private static let partCount = 1 << 20

  package init(_ x: Tensor, _ dOutput: Tensor, on device: Device) {
    precondition(x.shape[0] == dOutput.shape[0], "\(x.shape[0]) samples and \(dOutput.shape[0]) gradients")
    (self.x, self.dOutput, self.device) = (x, dOutput, device)
  }

  public var shape: Shape { [x.shape[1], dOutput.shape[1]] }

  /// The ranges of rows to be made one after the other. All but the last are multiples of 16, so that parts of tensors begin on
  /// lines of the cache.
  public var parts: [Range<Int>] {
    let (rows, columns) = (shape[0], shape[1])
    let step = max(1, Self.partCount / max(1, columns) / 16) * 16
    return stride(from: 0, to: rows, by: step).map { $0..<min(rows, $0 + step) }
  }

  /// The whole gradient.
  public func whole() -> Tensor { device.product(x, dOutput, transposingA: true) }

  /// Some rows of it.
  public func rows(_ range: Range<Int>) -> Tensor { device.transposedProduct(x, dOutput, rows: range) }
}
