import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct WinogradTests {
  static let cases: [ConvolutionCase] = [
    ConvolutionCase("one pixel, one channel", batch: 1, size: (1, 1), channels: (1, 1)),
    ConvolutionCase("one output under a window", batch: 3, size: (3, 3), channels: (2, 3), padding: .valid),
    ConvolutionCase("whole tiles", size: (8, 12), channels: (16, 32)),
    ConvolutionCase("parts of tiles", size: (7, 13), channels: (5, 7)),
    ConvolutionCase("a tile wider than the image", batch: 3, size: (9, 2), channels: (17, 33)),
    ConvolutionCase("valid", size: (11, 10), channels: (8, 40), padding: .valid),
    ConvolutionCase(
      "unequal padding", size: (6, 5), channels: (3, 4), padding: .explicit(top: 2, bottom: 0, left: 1, right: 3)),
    ConvolutionCase(
      "more padding than window", size: (5, 6), channels: (4, 19),
      padding: .explicit(top: 6, bottom: 3, left: 4, right: 5)),
    ConvolutionCase("two blocks of channels", batch: 1, size: (6, 9), channels: (131, 34)),
    ConvolutionCase("a kernel transformed in use", batch: 2, size: (9, 6), channels: (150, 130)),
    ConvolutionCase("several blocks of tiles", batch: 3, size: (38, 39), channels: (4, 6)),
    ConvolutionCase("several blocks of a kernel transformed in use", batch: 3, size: (14, 15), channels: (129, 131)),
  ]

  static let algorithms: [ConvolutionAlgorithm] = WinogradTile.allCases.map { .winograd($0) }

  @Test("A convolution in tiles and its gradients are what plain loops say", arguments: cases, algorithms)
  func matchesReference(_ c: ConvolutionCase, _ algorithm: ConvolutionAlgorithm) {
    let reference = c.reference
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2, convolution: algorithm)
      let found = [
        Closeness.difference(
          device.convolution(c.image, c.kernel, c.geometry), from: reference.output, within: 5e-6, of: "output"),
        Closeness.difference(
          device.convolutionInputGradient(c.outputGradient, c.kernel, c.geometry), from: reference.imageGradient,
          within: 5e-6, of: "image gradient"),
        Closeness.difference(
          device.convolutionKernelGradient(c.image, c.outputGradient, c.geometry), from: reference.kernelGradient,
          within: 5e-6, of: "kernel gradient"),
      ]
      #expect(found.compactMap { $0 } == [], "\(kernels)")
    }
  }

  @Test("Threads change no bit", arguments: cases, algorithms)
  func threadsChangeNothing(_ c: ConvolutionCase, _ algorithm: ConvolutionAlgorithm) {
    for kernels in KernelSet.available {
      let results = devices(kernels, algorithm).map { device in
        [
          device.convolution(c.image, c.kernel, c.geometry),
          device.convolutionInputGradient(c.outputGradient, c.kernel, c.geometry),
          device.convolutionKernelGradient(c.image, c.outputGradient, c.geometry),
        ]
      }
      #expect(results.allSatisfy { $0 == results[0] }, "\(kernels)")
    }
  }

  @Test("An image's output and gradient are the same bits alone and in a batch", arguments: cases, algorithms)
  func batchChangesNothing(_ c: ConvolutionCase, _ algorithm: ConvolutionAlgorithm) {
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2, convolution: algorithm)
      let output = device.convolution(c.image, c.kernel, c.geometry)
      let gradient = device.convolutionInputGradient(c.outputGradient, c.kernel, c.geometry)
      for n in 0..<c.batch {
        let one = n..<n + 1
        #expect(device.convolution(c.image[samples: one], c.kernel, c.geometry) == output[samples: one])
        #expect(
          device.convolutionInputGradient(c.outputGradient[samples: one], c.kernel, c.geometry)
            == gradient[samples: one])
      }
    }
  }

  @Test("The epilogue adds bias and residual, then activates", arguments: [0, 3, 4, 7], algorithms)
  func epilogue(_ index: Int, _ algorithm: ConvolutionAlgorithm) {
    let c = Self.cases[index]
    let (bias, residual) = (random([c.geometry.outputChannels], "bias"), random(c.outputGradient.shape, "residual"))
    let reference = c.reference.output
    let sum = DoubleTensor(
      reference.shape,
      reference.elements.indices.map {
        reference.elements[$0] + Double(bias.elements[$0 % bias.count]) + Double(residual.elements[$0])
      })
    let scale = sum.elements.reduce(0) { max($0, abs($1)) }
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2, convolution: algorithm)
      for (activation, function) in ConvolutionTests.activations {
        let epilogue = Epilogue(bias: bias, residual: residual, activation: activation)
        let output = device.convolution(c.image, c.kernel, c.geometry, epilogue: epilogue)
        #expect(
          Closeness.difference(output, from: sum.map(function), within: 5e-6, scale: scale, of: "\(activation)") == nil,
          "\(kernels)")
      }
    }
  }

  /// After a ReLU no number is negative, so all of a sum's terms count: the hardest that networks ask of Winograd's.
  @Test(
    "The result lies within 2e-5 of the direct product's largest",
    arguments: [(56, 64), (28, 128), (14, 256), (7, 512)], algorithms)
  func nearTheDirectProduct(_ layer: (size: Int, channels: Int), _ algorithm: ConvolutionAlgorithm) {
    let c = ConvolutionCase(
      "\(layer)", batch: 1, size: (layer.size, layer.size), channels: (layer.channels, layer.channels))
    for kernels in KernelSet.available {
      let direct = Device(kernels: kernels, threads: 2, convolution: .direct)
      let image = direct.activate(c.image, .relu())
      let expected = direct.convolution(image, c.kernel, c.geometry)
      let found = Device(kernels: kernels, threads: 2, convolution: algorithm)
        .convolution(image, c.kernel, c.geometry)
      #expect(found != expected, "the device ignores its algorithm")
      #expect(Closeness.difference(found, from: DoubleTensor(expected), within: 2e-5, of: "\(kernels)") == nil)
    }
  }

  @Test("A diverged number stays visible")
  func notANumberStays() {
    let c = ConvolutionCase("NaN", batch: 1, size: (8, 8), channels: (16, 16))
    let image = Tensor(repeating: .nan, c.image.shape)
    for (kernels, algorithm) in KernelSet.available.flatMap({ set in Self.algorithms.map { (set, $0) } }) {
      let output = Device(kernels: kernels, threads: 1, convolution: algorithm)
        .convolution(image, c.kernel, c.geometry, epilogue: Epilogue(activation: .relu6))
      #expect(output.elements.allSatisfy { $0.isNaN }, "\(kernels) \(algorithm)")
    }
  }
}
