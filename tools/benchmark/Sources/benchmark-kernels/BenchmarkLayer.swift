import Kernels
import Tensors

/// A convolution of one of the networks, or a depthwise one.
struct BenchmarkLayer {
  let name: String
  private let geometry: ConvolutionGeometry
  private let isDepthwise: Bool

  /// - Parameter output: nil for a depthwise convolution.
  init(_ name: String, size: Int, channels: Int, output: Int?, kernel: Int = 3, stride: Int = 1) {
    self.name = name
    isDepthwise = output == nil
    guard
      let geometry = ConvolutionGeometry(
        inputHeight: size, inputWidth: size, inputChannels: channels, outputChannels: output ?? channels,
        groups: output == nil ? channels : 1, kernelHeight: kernel, kernelWidth: kernel, strideHeight: stride,
        strideWidth: stride, padding: .same)
    else { preconditionFailure("\(name): the window does not fit") }
    self.geometry = geometry
  }

  var multiplyAdds: Int { geometry.multiplyAdds }

  static let all: [BenchmarkLayer] = [
    BenchmarkLayer("ResNet50 stem 7x7/2", size: 224, channels: 3, output: 64, kernel: 7, stride: 2),
    BenchmarkLayer("ResNet50 3x3 56² 64", size: 56, channels: 64, output: 64),
    BenchmarkLayer("ResNet50 3x3 28² 128", size: 28, channels: 128, output: 128),
    BenchmarkLayer("ResNet50 3x3 14² 256", size: 14, channels: 256, output: 256),
    BenchmarkLayer("ResNet50 3x3 7² 512", size: 7, channels: 512, output: 512),
    BenchmarkLayer("ResNet50 1x1 56² 64", size: 56, channels: 64, output: 64, kernel: 1),
    BenchmarkLayer("ResNet50 1x1 56² 64-256", size: 56, channels: 64, output: 256, kernel: 1),
    BenchmarkLayer("ResNet50 1x1 56² 256-64", size: 56, channels: 256, output: 64, kernel: 1),
    BenchmarkLayer("ResNet50 1x1/2 56² 256-128", size: 56, channels: 256, output: 128, kernel: 1, stride: 2),
    BenchmarkLayer("ResNet50 1x1/2 56² 256-512", size: 56, channels: 256, output: 512, kernel: 1, stride: 2),
    BenchmarkLayer("ResNet50 1x1 28² 128-512", size: 28, channels: 128, output: 512, kernel: 1),
    BenchmarkLayer("ResNet50 1x1 28² 512-128", size: 28, channels: 512, output: 128, kernel: 1),
    BenchmarkLayer("ResNet50 1x1/2 28² 512-256", size: 28, channels: 512, output: 256, kernel: 1, stride: 2),
    BenchmarkLayer("ResNet50 1x1/2 28² 512-1024", size: 28, channels: 512, output: 1024, kernel: 1, stride: 2),
    BenchmarkLayer("ResNet50 1x1 14² 256-1024", size: 14, channels: 256, output: 1024, kernel: 1),
    BenchmarkLayer("ResNet50 1x1 14² 1024-256", size: 14, channels: 1024, output: 256, kernel: 1),
    BenchmarkLayer("ResNet50 1x1/2 14² 1024-512", size: 14, channels: 1024, output: 512, kernel: 1, stride: 2),
    BenchmarkLayer("ResNet50 1x1/2 14² 1024-2048", size: 14, channels: 1024, output: 2048, kernel: 1, stride: 2),
    BenchmarkLayer("ResNet50 1x1 7² 512-2048", size: 7, channels: 512, output: 2048, kernel: 1),
    BenchmarkLayer("ResNet50 1x1 7² 2048-512", size: 7, channels: 2048, output: 512, kernel: 1),
    BenchmarkLayer("3x3/2 56² 64-128", size: 56, channels: 64, output: 128, stride: 2),
    BenchmarkLayer("VGG16 3x3 224² 3-64", size: 224, channels: 3, output: 64),
    BenchmarkLayer("VGG16 3x3 56² 256", size: 56, channels: 256, output: 256),
    BenchmarkLayer("CIFAR 3x3 32² 3-16", size: 32, channels: 3, output: 16),
    BenchmarkLayer("CIFAR 3x3 32² 16", size: 32, channels: 16, output: 16),
    BenchmarkLayer("CIFAR 3x3 32² 32", size: 32, channels: 32, output: 32),
    BenchmarkLayer("CIFAR 3x3/2 32² 32-64", size: 32, channels: 32, output: 64, stride: 2),
    BenchmarkLayer("CIFAR 3x3 16² 64", size: 16, channels: 64, output: 64),
    BenchmarkLayer("CIFAR 3x3 8² 128", size: 8, channels: 128, output: 128),
    BenchmarkLayer("MobileNet 3x3/2 224² 3-32", size: 224, channels: 3, output: 32, stride: 2),
    BenchmarkLayer("MobileNetV2 1x1 112² 16-96", size: 112, channels: 16, output: 96, kernel: 1),
    BenchmarkLayer("MobileNetV2 1x1 56² 144-24", size: 56, channels: 144, output: 24, kernel: 1),
    BenchmarkLayer("MobileNet 1x1 112² 32-64", size: 112, channels: 32, output: 64, kernel: 1),
    BenchmarkLayer("MobileNet 1x1 14² 512", size: 14, channels: 512, output: 512, kernel: 1),
    BenchmarkLayer("MobileNet dw 3x3 112² 32", size: 112, channels: 32, output: nil),
    BenchmarkLayer("MobileNet dw 3x3/2 56² 128", size: 56, channels: 128, output: nil, stride: 2),
    BenchmarkLayer("MobileNet dw 3x3 28² 256", size: 28, channels: 256, output: nil),
    BenchmarkLayer("MobileNet dw 3x3 14² 512", size: 14, channels: 512, output: nil),
    BenchmarkLayer("MobileNet dw 3x3/2 14² 512", size: 14, channels: 512, output: nil, stride: 2),
    BenchmarkLayer("MobileNet dw 3x3 7² 1024", size: 7, channels: 1024, output: nil),
  ]

  /// Whether this is one of the layers whose median is printed: those of ResNet50 but for its first.
  var isCounted: Bool { name.hasPrefix("ResNet50") && geometry.inputChannels > 3 }

  /// Images, kernel and geometry of a layer whose direct product is the fastest way; nil for the others.
  func directProduct(batch: Int) -> (image: Tensor, kernel: Tensor, geometry: ConvolutionGeometry)? {
    geometry.kernelHeight != 3 || geometry.strideHeight != 1 ? product(batch: batch) : nil
  }

  /// Images, kernel and geometry of a layer that can be a matrix product; nil for the others.
  func product(batch: Int) -> (image: Tensor, kernel: Tensor, geometry: ConvolutionGeometry)? {
    let g = geometry
    if isDepthwise { return nil }
    let image: Shape = [batch, g.inputHeight, g.inputWidth, g.inputChannels]
    let kernel: Shape = [g.kernelHeight, g.kernelWidth, g.inputChannels, g.outputChannels]
    return (
      Tensor(image, RandomKey(seed: 2).normal(image.elementCount)),
      Tensor(kernel, RandomKey(seed: 1).normal(kernel.elementCount)), g
    )
  }

  /// Seconds of forward, image gradient and kernel gradient, and the GFLOP/s of the peak loop meanwhile.
  func run(on device: Device, batch: Int, _ clock: Stopwatch) -> [(seconds: Double, peak: Double)] {
    let g = geometry
    func random(_ shape: Shape, _ name: String) -> Tensor {
      Tensor(shape, RandomKey(seed: 1).folding(name).normal(shape.elementCount))
    }
    let image = random([batch, g.inputHeight, g.inputWidth, g.inputChannels], "image")
    let gradient = random([batch, g.outputHeight, g.outputWidth, g.outputChannels], "gradient")
    if isDepthwise {
      let kernel = random([g.kernelHeight, g.kernelWidth, g.inputChannels, 1], "kernel")
      return [
        clock.timeBesidePeak(device) { _ = device.depthwiseConvolution(image, kernel, g.window) },
        clock.timeBesidePeak(device) { _ = device.depthwiseConvolutionInputGradient(gradient, kernel, g.window) },
        clock.timeBesidePeak(device) { _ = device.depthwiseConvolutionKernelGradient(image, gradient, g.window) },
      ]
    }
    let kernel = random([g.kernelHeight, g.kernelWidth, g.inputChannels, g.outputChannels], "kernel")
    return [
      // Training: the weights change at every step, so packing them counts.
      clock.timeBesidePeak(device) { _ = device.convolution(image, kernel, g) },
      clock.timeBesidePeak(device) { _ = device.convolutionInputGradient(gradient, kernel, g) },
      clock.timeBesidePeak(device) { _ = device.convolutionKernelGradient(image, gradient, g) },
    ]
  }
}
