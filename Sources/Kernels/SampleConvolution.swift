/// A convolution that can run a few images at a time.
package enum SampleConvolution: Sendable {
  case dense(ConvolutionGeometry)
  case depthwise(Window, channels: Int)

  package var window: Window {
    switch self {
    case .dense(let geometry): geometry.window
    case .depthwise(let window, _): window
    }
  }

  /// Multiply-adds for one image.
  package var multiplyAdds: Int { outputSize * depth }

  /// The products behind each number of the output.
  package var depth: Int {
    switch self {
    case .dense(let geometry): geometry.depth
    case .depthwise(let window, _): window.tapCount
    }
  }

  var inputChannels: Int {
    switch self {
    case .dense(let geometry): geometry.inputChannels
    case .depthwise(_, let channels): channels
    }
  }

  var outputChannels: Int {
    switch self {
    case .dense(let geometry): geometry.outputChannels
    case .depthwise(_, let channels): channels
    }
  }

  var inputSize: Int { window.inputHeight * window.inputWidth * inputChannels }
  var outputSize: Int { window.outputPixelCount * outputChannels }
}

/// How a batch is cut into groups: about as many pixels of the output in each as 28 x 28, and at most eight images. It shows in the
/// order in which kernel gradients are added up, and so follows from the images' size alone.
struct SampleGroups: Sendable {
  let batch, size: Int

  init(batch: Int, pixels: Int) {
    self.batch = batch
    size = min(8, max(1, 784 / max(1, pixels)))
  }

  var count: Int { (batch + size - 1) / size }

  func range(_ group: Int) -> Range<Int> { group * size..<min(batch, (group + 1) * size) }
}
