internal import Kernels

extension Window {
  /// How the output's height follows from the input's: `⌊(224 + 0 + 1 − 3) / 2⌋ + 1 = 112`, padding above and below, reach of
  /// the window, stride.
  var heightArithmetic: String {
    let reach = (kernelHeight - 1) * dilationHeight + 1
    return "⌊(\(inputHeight) + \(padTop) + \(padBottom) − \(reach)) / \(strideHeight)⌋ + 1 = \(outputHeight)"
  }
}
