package import Tensors

/// A depthwise convolution between two pointwise ones, of which the first may be missing: the blocks of the MobileNets.
///
/// `y = project(depthwise(expand(x))) [+ residual]`, each with a bias and an activation of its own. See
/// [MobileNetV2: Inverted Residuals and Linear Bottlenecks](https://arxiv.org/abs/1801.04381).
package struct DepthwiseBlock: Sendable {
  /// A convolution with a window of one pixel.
  package struct Pointwise: Sendable {
    let kernel: PackedKernel
    let bias: Tensor?
    let activation: FusedActivation

    package init(kernel: PackedKernel, bias: Tensor?, activation: FusedActivation) {
      let window = kernel.geometry.window
      precondition(
        window.tapCount == 1 && window.outputHeight == window.inputHeight && window.outputWidth == window.inputWidth
          && kernel.geometry.groups == 1 && window.padTop == 0 && window.padLeft == 0,
        "a pointwise convolution, not \(kernel.geometry)")
      precondition(
        bias.map { $0.count == kernel.geometry.outputChannels } ?? true, "a bias for each of the output channels")
      (self.kernel, self.bias, self.activation) = (kernel, bias, activation)
    }
  }

  let expand: Pointwise?
  let kernel: Tensor
  let bias: Tensor?
  let activation: FusedActivation
  let window: Window
  let project: Pointwise
  /// Rows of the output that are computed in one go.
  let bandRows: Int

  /// - Parameters:
  ///   - kernel: the depthwise kernel, `[kernelHeight, kernelWidth, channels, 1]`.
  ///   - bandBytes: about what the wide rows of a band may take, so that they stay in the second-level cache.
  package init(
    expand: Pointwise?, kernel: Tensor, bias: Tensor?, activation: FusedActivation, window: Window,
    project: Pointwise, bandBytes: Int = 512 << 10
  ) {
    precondition(
      kernel.shape.rank == 4 && kernel.shape[0] == window.kernelHeight && kernel.shape[1] == window.kernelWidth
        && kernel.shape[3] == 1, "a depthwise kernel of shape \(kernel.shape) for \(window)")
    let channels = kernel.shape[2]
    precondition(
      expand.map { $0.kernel.geometry.outputChannels == channels } ?? true
        && project.kernel.geometry.inputChannels == channels, "the three convolutions of a block fit together")
    (self.expand, self.kernel, self.bias, self.activation) = (expand, kernel, bias, activation)
    (self.window, self.project) = (window, project)
    let reach = (window.kernelHeight - 1) * window.dilationHeight + 1
    let inputRow = expand == nil ? 0 : window.inputWidth * channels
    let fixed = (reach - window.strideHeight) * inputRow
    let each = window.strideHeight * inputRow + window.outputWidth * channels
    let rows = min(window.outputHeight, max(1, (bandBytes / 4 - fixed) / max(1, each)))
    let bands = (window.outputHeight + rows - 1) / rows
    bandRows = (window.outputHeight + bands - 1) / bands
  }

  /// Floats of the parameters.
  package var floatCount: Int {
    (expand?.kernel.floatCount ?? 0) + kernel.count + project.kernel.floatCount
  }

  /// Multiply-adds for one image.
  package var multiplyAdds: Int {
    let expanding = expand.map { window.inputHeight * window.inputWidth * $0.kernel.geometry.multiplyAdds } ?? 0
    let projecting = project.kernel.geometry.multiplyAdds
    return expanding + window.outputPixelCount * (kernel.count + projecting)
  }

  var channels: Int { kernel.shape[2] }

  /// Rows of the image that a band of the output sees.
  func inputRows(_ band: Range<Int>) -> Range<Int> {
    let first = band.lowerBound * window.strideHeight - window.padTop
    let last = (band.upperBound - 1) * window.strideHeight - window.padTop
    let end = min(window.inputHeight, last + (window.kernelHeight - 1) * window.dilationHeight + 1)
    let start = max(0, first)
    return start..<max(start, end)
  }

  /// Floats of the wide rows that one band needs.
  var expandedCount: Int {
    guard expand != nil else { return 0 }
    let reach = (window.kernelHeight - 1) * window.dilationHeight + 1
    let rows = min(window.inputHeight, (bandRows - 1) * window.strideHeight + reach)
    return (rows * window.inputWidth * channels + 31) / 16 * 16
  }

  /// Floats of a band behind the depthwise convolution.
  var bandCount: Int { (bandRows * window.outputWidth * channels + 31) / 16 * 16 }
}
