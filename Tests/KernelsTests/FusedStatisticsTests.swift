import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct FusedStatisticsTests {
  /// Beside those of all convolutions such with many chunks of rows, which end within images and within blocks of both.
  static let cases: [ConvolutionCase] =
    ConvolutionCase.all + WinogradTests.cases + [
      ConvolutionCase("1x1, many chunks", batch: 5, size: (15, 14), channels: (33, 600), kernel: (1, 1)),
      ConvolutionCase("1x1, images in parts", batch: 2, size: (34, 29), channels: (33, 300), kernel: (1, 1)),
      ConvolutionCase("1x1, threads share the weights", batch: 3, size: (13, 14), channels: (530, 530), kernel: (1, 1)),
      ConvolutionCase("3x3, many chunks", batch: 9, size: (14, 15), channels: (130, 150)),
      ConvolutionCase("3x3, chunks over several images", batch: 19, size: (9, 8), channels: (17, 20)),
    ]
  static let algorithms: [ConvolutionAlgorithm] = [.direct, .fastest] + WinogradTile.allCases.map { .winograd($0) }

  @Test("Moments that a convolution takes are those of its output, bit by bit", arguments: cases, algorithms)
  func moments(_ c: ConvolutionCase, _ algorithm: ConvolutionAlgorithm) {
    let bias = random([c.geometry.outputChannels], "bias")
    for kernels in KernelSet.available {
      for device in devices(kernels, algorithm) {
        expectMoments(.tensor(c.image), c.kernel, .dense(c.geometry), bias: bias, on: device)
      }
    }
  }

  @Test(
    "Sums that a convolution takes for the step before it are those of its image's gradient", arguments: cases,
    algorithms)
  func sums(_ c: ConvolutionCase, _ algorithm: ConvolutionAlgorithm) throws {
    for kernels in KernelSet.available {
      for device in devices(kernels, algorithm) {
        try expectSums(c.image, c.outputGradient, c.kernel, .dense(c.geometry), on: device)
      }
    }
  }

  @Test("The same of convolutions that multiply bfloat16 numbers", arguments: cases)
  func bfloat16(_ c: ConvolutionCase) throws {
    for (kernels, way) in BFloat16Tests.ways {
      for device in devices(kernels, .direct).map({ $0.training(with: way) }) {
        expectMoments(.tensor(c.image), c.kernel, .dense(c.geometry), bias: nil, on: device)
        try expectSums(c.image, c.outputGradient, c.kernel, .dense(c.geometry), on: device)
      }
    }
  }

  struct Depthwise: Sendable, CustomStringConvertible {
    let batch, size, channels, stride: Int

    var description: String { "\(batch) of \(size)x\(size), \(channels) channels, stride \(stride)" }
  }

  static let depthwiseCases: [Depthwise] = [
    Depthwise(batch: 1, size: 1, channels: 1, stride: 1), Depthwise(batch: 3, size: 9, channels: 5, stride: 2),
    Depthwise(batch: 2, size: 41, channels: 33, stride: 1), Depthwise(batch: 2, size: 40, channels: 96, stride: 2),
  ]

  @Test("Depthwise convolutions take the same moments and sums", arguments: depthwiseCases)
  func depthwise(_ c: Depthwise) throws {
    let window = try #require(
      Window(
        inputHeight: c.size, inputWidth: c.size, kernelHeight: 3, kernelWidth: 3, strideHeight: c.stride,
        strideWidth: c.stride, padding: .same))
    let image = random([c.batch, c.size, c.size, c.channels], "image")
    let kernel = random([3, 3, c.channels, 1], "kernel")
    let gradient = random([c.batch, window.outputHeight, window.outputWidth, c.channels], "gradient")
    for kernels in KernelSet.available {
      for device in devices(kernels) {
        let convolution = SampleConvolution.depthwise(window, channels: c.channels)
        expectMoments(.tensor(image), kernel, convolution, bias: nil, on: device)
        try expectSums(image, gradient, kernel, convolution, on: device)
      }
    }
  }

  private func expectMoments(
    _ image: SampleParts, _ kernel: Tensor, _ convolution: SampleConvolution, bias: Tensor?, on device: Device
  ) {
    let found = device.convolutionAndMoments(image, kernel, convolution, bias: bias)
    let output = device.convolution(image, kernel, convolution, bias: bias)
    let moments = device.channelMoments(output)
    #expect(found.output == output, "\(device.kernels), \(device.threadCount) threads")
    #expect(
      found.moments.mean == moments.mean && found.moments.variance == moments.variance,
      "\(device.kernels), \(device.threadCount) threads")
  }

  /// Whether a gradient is surely added to another as it is made: its products are one block of the depth.
  private func addsAtOnce(_ kernel: Tensor, _ convolution: SampleConvolution) -> Bool {
    guard case .dense(let geometry) = convolution else { return false }
    return kernel.shape[0] * kernel.shape[1] * geometry.outputChannels / geometry.groups <= 512
  }

  private func expectSums(
    _ x: Tensor, _ gradient: Tensor, _ kernel: Tensor, _ convolution: SampleConvolution, on device: Device
  ) throws {
    let count = x.shape[-1]
    let channels = NormalizedChannels(
      scale: random([count], "scale"), shift: random([count], "shift"), inverse: random([count], "inverse"),
      offset: random([count], "offset"))
    let (shown, other) = (random(x.shape, "output"), random(x.shape, "other"))
    for function in [ActivationFunction.relu(), .linear, .swish] {
      let activation = try #require(NormalizedActivation(function))
      // Behind a sum the activation's output is known; and other steps may have given a part of the gradient.
      let outputs = activation.needsOutputOnly && activation != .linear ? [nil, shown] : [nil]
      for (output, known) in outputs.flatMap({ output in [nil, other].map { (output, $0) } }) {
        let image = SampleParts.normalized(x, channels, activation)
        let below = GradientSums(of: x, output: output, channels, activation)
        let found = device.convolutionGradients(
          image, .tensor(gradient), kernel, convolution, needsImage: true, adding: known, for: below)
        let plain = device.convolutionGradients(image, .tensor(gradient), kernel, convolution, needsImage: true)
        var dImage = try #require(plain.image)
        if let known { dImage = device.add(known, dImage) }
        guard let sums = below.take() else {
          #expect(known != nil && !addsAtOnce(kernel, convolution), "\(device.kernels): no sums were taken")
          #expect(found.kernel == plain.kernel && found.image == dImage, "\(device.kernels)")
          continue
        }
        let expected = device.takeBack(
          &dImage, through: x, output: output, channels, activation, writing: output == nil ? .nothing : .gradient,
          summing: true)
        #expect(found.kernel == plain.kernel && found.image == dImage, "\(device.kernels)")
        #expect(
          sums.sums == expected?.sums && sums.products == expected?.products,
          "\(device.kernels), \(device.threadCount) threads, \(function)")
      }
    }
    let unwanted = GradientSums(of: x, output: nil, channels, .linear)
    _ = device.convolutionGradients(
      .tensor(x), .tensor(gradient), kernel, convolution, needsImage: false, adding: nil, for: unwanted)
    #expect(unwanted.take() == nil, "sums of a gradient that nobody made")
  }
}
