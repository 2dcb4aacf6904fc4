import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct DepthwiseTests {
  /// A depthwise convolution is a convolution with as many groups as channels.
  struct Case: Sendable, CustomStringConvertible {
    let convolution: ConvolutionCase
    let multiplier: Int
    var description: String { convolution.description }

    init(
      _ description: String, batch: Int = 2, size: (Int, Int), channels: Int, multiplier: Int = 1,
      kernel: (Int, Int) = (3, 3), stride: (Int, Int) = (1, 1), dilation: (Int, Int) = (1, 1),
      padding: Window.Padding = .same
    ) {
      convolution = ConvolutionCase(
        description, batch: batch, size: size, channels: (channels, channels * multiplier), groups: channels,
        kernel: kernel, stride: stride, dilation: dilation, padding: padding)
      self.multiplier = multiplier
    }

    /// `[kernelHeight, kernelWidth, 1, c * m]` and `[kernelHeight, kernelWidth, c, m]` are the same numbers in order.
    var kernel: Tensor {
      let g = convolution.geometry
      return convolution.kernel.reshaped(to: [g.kernelHeight, g.kernelWidth, g.inputChannels, multiplier])
    }
  }

  static let cases = [
    Case("one pixel, one channel", batch: 1, size: (1, 1), channels: 1),
    Case("3x3", size: (9, 13), channels: 21),
    Case("3x3, one row", size: (1, 20), channels: 16),
    Case("3x3, narrow", size: (20, 2), channels: 5),
    Case("3x3 of stride 2", size: (15, 22), channels: 40, stride: (2, 2)),
    Case("3x3 of stride 2, even, valid", size: (16, 14), channels: 7, stride: (2, 2), padding: .valid),
    Case("5x5", size: (9, 14), channels: 18, kernel: (5, 5)),
    Case("5x5 of stride 2", size: (13, 18), channels: 9, kernel: (5, 5), stride: (2, 2)),
    Case("5x5 over a 3x3 image", size: (3, 3), channels: 4, kernel: (5, 5)),
    Case("7x7", size: (8, 9), channels: 6, kernel: (7, 7)),
    Case("2x3, strides 3 and 2", size: (10, 9), channels: 3, kernel: (2, 3), stride: (3, 2)),
    Case("dilated", size: (11, 12), channels: 10, dilation: (2, 3)),
    Case("multiplier 3", size: (6, 7), channels: 4, multiplier: 3),
    Case("multiplier 2 of stride 2", size: (7, 8), channels: 9, multiplier: 2, stride: (2, 2)),
    Case(
      "padded at the bottom and right, as MobileNet", size: (12, 12), channels: 8, stride: (2, 2),
      padding: .explicit(top: 0, bottom: 1, left: 0, right: 1)),
    Case("more channels than a block", batch: 1, size: (7, 14), channels: 530),
    Case("more channels than a block, of stride 2", batch: 1, size: (9, 19), channels: 530, stride: (2, 2)),
    Case(
      "of stride 2, padded all round", size: (14, 25), channels: 33, stride: (2, 2),
      padding: .explicit(top: 1, bottom: 1, left: 1, right: 1)),
    Case("many samples", batch: 9, size: (16, 17), channels: 3),
  ]

  @Test("A depthwise convolution and its gradients are what plain loops say", arguments: cases)
  func matchesReference(_ c: Case) {
    let (reference, convolution, window) = (c.convolution.reference, c.convolution, c.convolution.geometry.window)
    for kernels in KernelSet.available {
      let results = devices(kernels).map { device in
        [
          device.depthwiseConvolution(convolution.image, c.kernel, window),
          device.depthwiseConvolutionInputGradient(convolution.outputGradient, c.kernel, window),
          device.depthwiseConvolutionKernelGradient(
            convolution.image, convolution.outputGradient, multiplier: c.multiplier, window),
        ]
      }
      let found = [
        Closeness.difference(results[0][0], from: reference.output, within: 2e-6, of: "output"),
        Closeness.difference(results[0][1], from: reference.imageGradient, within: 2e-6, of: "image gradient"),
        Closeness.difference(
          results[0][2], from: reference.kernelGradient.reshaped(to: c.kernel.shape), within: 2e-6,
          of: "kernel gradient"),
      ]
      #expect(found.compactMap { $0 } == [], "\(kernels)")
      #expect(results.allSatisfy { $0 == results[0] }, "threads change \(kernels)")
    }
  }

  @Test("The epilogue adds bias and residual, then activates", arguments: [1, 4, 11, 12, 15])
  func epilogue(_ index: Int) {
    let c = Self.cases[index]
    let bias = random([c.convolution.geometry.outputChannels], "bias")
    let residual = random(c.convolution.outputGradient.shape, "residual")
    let reference = c.convolution.reference.output
    for (activation, function) in ConvolutionTests.activations {
      let expected = DoubleTensor(
        reference.shape,
        reference.elements.indices.map {
          function(reference.elements[$0] + Double(bias.elements[$0 % bias.count]) + Double(residual.elements[$0]))
        })
      for kernels in KernelSet.available {
        let output = Device(kernels: kernels, threads: 1).depthwiseConvolution(
          c.convolution.image, c.kernel, c.convolution.geometry.window,
          epilogue: Epilogue(bias: bias, residual: residual, activation: activation))
        #expect(Closeness.difference(output, from: expected, within: 2e-6, of: "\(activation)") == nil, "\(kernels)")
      }
    }
  }
}
