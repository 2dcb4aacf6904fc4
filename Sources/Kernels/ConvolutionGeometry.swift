/// What a convolution is apart from its numbers: the window, and the channels it maps.
///
/// Kernels are Keras': `[kernelHeight, kernelWidth, inputChannels / groups, outputChannels]`.
@dynamicMemberLookup
public struct ConvolutionGeometry: Hashable, Sendable {
  public let window: Window
  public let inputChannels, outputChannels, groups: Int

  public init(window: Window, inputChannels: Int, outputChannels: Int, groups: Int = 1) {
    precondition(min(inputChannels, outputChannels, groups) >= 1, "channels and groups are positive")
    precondition(
      inputChannels % groups == 0 && outputChannels % groups == 0,
      "\(groups) groups do not divide \(inputChannels) into \(outputChannels) channels")
    self.window = window
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.groups = groups
  }

  /// - Returns: nil if the window does not fit into the padded image.
  public init?(
    inputHeight: Int, inputWidth: Int, inputChannels: Int, outputChannels: Int, groups: Int = 1, kernelHeight: Int,
    kernelWidth: Int, strideHeight: Int = 1, strideWidth: Int = 1, dilationHeight: Int = 1, dilationWidth: Int = 1,
    padding: Window.Padding = .valid
  ) {
    guard
      let window = Window(
        inputHeight: inputHeight, inputWidth: inputWidth, kernelHeight: kernelHeight, kernelWidth: kernelWidth,
        strideHeight: strideHeight, strideWidth: strideWidth, dilationHeight: dilationHeight,
        dilationWidth: dilationWidth, padding: padding)
    else { return nil }
    self.init(window: window, inputChannels: inputChannels, outputChannels: outputChannels, groups: groups)
  }

  public subscript(dynamicMember member: KeyPath<Window, Int>) -> Int { window[keyPath: member] }

  /// Multiply-adds for one image.
  public var multiplyAdds: Int {
    window.outputHeight * window.outputWidth * outputChannels * window.kernelHeight * window.kernelWidth
      * (inputChannels / groups)
  }

  /// Rows of a group's kernel as a matrix: the products behind each output.
  var depth: Int { window.tapCount * (inputChannels / groups) }
}
