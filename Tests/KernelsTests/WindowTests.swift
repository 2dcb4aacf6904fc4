import Kernels
import Testing

@Suite struct WindowTests {
  /// Input, kernel, stride, and what TensorFlow 2 makes of it with padding "same": output, pixels before and after.
  @Test(
    "\"same\" pads as TensorFlow does, an odd pixel at the end",
    arguments: [
      [224, 7, 2, 112, 2, 3], [224, 3, 2, 112, 0, 1], [225, 3, 2, 113, 1, 1], [56, 3, 1, 56, 1, 1], [5, 2, 1, 5, 0, 1],
      [5, 1, 2, 3, 0, 0], [4, 1, 3, 2, 0, 0], [1, 3, 1, 1, 1, 1],
    ])
  func samePadding(_ c: [Int]) throws {
    let window = try #require(
      Window(
        inputHeight: c[0], inputWidth: 9, kernelHeight: c[1], kernelWidth: 1, strideHeight: c[2], padding: .same))
    #expect([window.outputHeight, window.padTop, window.padBottom] == Array(c[3...]))
    #expect([window.outputWidth, window.padLeft, window.padRight] == [9, 0, 0])
  }

  @Test("A window that does not fit is no window")
  func tooLarge() {
    #expect(Window(inputHeight: 4, inputWidth: 4, kernelHeight: 5, kernelWidth: 1) == nil)
    #expect(Window(inputHeight: 4, inputWidth: 4, kernelHeight: 3, kernelWidth: 1, dilationHeight: 2) == nil)
    #expect(Window(inputHeight: 4, inputWidth: 4, kernelHeight: 4, kernelWidth: 4)?.outputHeight == 1)
  }

  @Test("The multiply-adds of ResNet50's first convolution")
  func multiplyAdds() {
    let stem = ConvolutionGeometry(
      inputHeight: 224, inputWidth: 224, inputChannels: 3, outputChannels: 64, kernelHeight: 7, kernelWidth: 7,
      strideHeight: 2, strideWidth: 2, padding: .same)
    #expect(stem?.multiplyAdds == 112 * 112 * 64 * 7 * 7 * 3)
  }

  @Test("Every processor has the portable kernels, and the best set is one of those it has")
  func kernelSets() {
    #expect(KernelSet.available.last?.name == "portable")
    #expect(Set(KernelSet.available).count == KernelSet.available.count)
    #expect(KernelSet.available.contains(.best))
  }
}
