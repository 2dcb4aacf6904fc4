/// A window that slides over an image: for convolutions and pools.
///
/// The output has `(input + padding - (kernel - 1) * dilation - 1) / stride + 1` rows and columns, rounded down.
public struct Window: Hashable, Sendable {
  /// What lies around the image.
  public enum Padding: Hashable, Sendable {
    /// Nothing: the window stays inside.
    case valid
    /// So much that the output has `⌈input / stride⌉` rows; an odd one more at the bottom and right, as TensorFlow pads.
    case same
    case explicit(top: Int, bottom: Int, left: Int, right: Int)
  }

  public let inputHeight, inputWidth: Int
  public let kernelHeight, kernelWidth: Int
  public let strideHeight, strideWidth: Int
  public let dilationHeight, dilationWidth: Int
  public let padTop, padBottom, padLeft, padRight: Int
  public let outputHeight, outputWidth: Int

  /// - Returns: nil if the window does not fit into the padded image.
  public init?(
    inputHeight: Int, inputWidth: Int, kernelHeight: Int, kernelWidth: Int, strideHeight: Int = 1,
    strideWidth: Int = 1, dilationHeight: Int = 1, dilationWidth: Int = 1, padding: Padding = .valid
  ) {
    precondition(
      min(inputHeight, inputWidth, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth)
        >= 1, "the sizes, strides and dilations of a window are positive")
    let reachHeight = (kernelHeight - 1) * dilationHeight + 1
    let reachWidth = (kernelWidth - 1) * dilationWidth + 1
    switch padding {
    case .valid: (padTop, padBottom, padLeft, padRight) = (0, 0, 0, 0)
    case .same:
      let height = Self.samePadding(inputHeight, reachHeight, strideHeight)
      let width = Self.samePadding(inputWidth, reachWidth, strideWidth)
      (padTop, padBottom) = (height / 2, height - height / 2)
      (padLeft, padRight) = (width / 2, width - width / 2)
    case .explicit(let top, let bottom, let left, let right):
      precondition(min(top, bottom, left, right) >= 0, "padding is not negative")
      (padTop, padBottom, padLeft, padRight) = (top, bottom, left, right)
    }
    let freeHeight = inputHeight + padTop + padBottom - reachHeight
    let freeWidth = inputWidth + padLeft + padRight - reachWidth
    guard freeHeight >= 0, freeWidth >= 0 else { return nil }
    (self.inputHeight, self.inputWidth) = (inputHeight, inputWidth)
    (self.kernelHeight, self.kernelWidth) = (kernelHeight, kernelWidth)
    (self.strideHeight, self.strideWidth) = (strideHeight, strideWidth)
    (self.dilationHeight, self.dilationWidth) = (dilationHeight, dilationWidth)
    (outputHeight, outputWidth) = (freeHeight / strideHeight + 1, freeWidth / strideWidth + 1)
  }

  private static func samePadding(_ input: Int, _ reach: Int, _ stride: Int) -> Int {
    max(0, ((input + stride - 1) / stride - 1) * stride + reach - input)
  }

  var outputPixelCount: Int { outputHeight * outputWidth }
  var tapCount: Int { kernelHeight * kernelWidth }
}
