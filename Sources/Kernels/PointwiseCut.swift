import Tensors

extension SampleConvolution {
  /// The same convolution with every image cut into parts, as if each were an image: one pixel makes one pixel, so nothing tells a
  /// pointwise convolution where an image ends. Nil where that is not so, or where images are small.
  ///
  /// What a thread makes for a part, and what it reads twice, shall stay in the second-level cache. The cut shows in the order in
  /// which kernel gradients are added up, so it follows from the images' size alone.
  package var cut: (convolution: SampleConvolution, parts: Int)? {
    guard case .dense(let g) = self, g.kernelHeight == 1, g.kernelWidth == 1, g.strideHeight == 1, g.strideWidth == 1,
      g.inputHeight == g.outputHeight, g.inputWidth == g.outputWidth
    else { return nil }
    let line = g.inputWidth * max(g.inputChannels, g.outputChannels) * MemoryLayout<Float>.stride
    let height = g.inputHeight
    let parts = (1...height).first { height % $0 == 0 && height / $0 * line <= Self.cutBytes } ?? height
    guard parts > 1,
      let window = Window(inputHeight: height / parts, inputWidth: g.inputWidth, kernelHeight: 1, kernelWidth: 1)
    else { return nil }
    return (
      .dense(
        ConvolutionGeometry(
          window: window, inputChannels: g.inputChannels, outputChannels: g.outputChannels, groups: g.groups)), parts
    )
  }

  private static var cutBytes: Int { 832 << 10 }
}

extension Tensor {
  /// Images `[batch, height, width, channels]` as `parts` times as many, each a part of the height.
  func cut(into parts: Int) -> Tensor {
    reshaped(to: [shape[0] * parts, shape[1] / parts, shape[2], shape[3]])
  }
}

extension SampleParts {
  func cut(into parts: Int) -> SampleParts {
    switch self {
    case .tensor(let x): .tensor(x.cut(into: parts))
    case .normalized(let x, let channels, let activation): .normalized(x.cut(into: parts), channels, activation)
    case .gradient(let gradient, let x, let channels, let activation, let constant, let slope):
      .gradient(
        gradient.cut(into: parts), of: x.cut(into: parts), channels, activation, constant: constant, slope: slope)
    }
  }
}
