import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

/// The direct product; `WinogradTests` has the other algorithms.
@Suite struct ConvolutionTests {
  @Test("A convolution and its gradients are what plain loops say", arguments: ConvolutionCase.all)
  func matchesReference(_ c: ConvolutionCase) {
    let reference = c.reference
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2, convolution: .direct)
      let found = [
        Closeness.difference(
          device.convolution(c.image, c.kernel, c.geometry), from: reference.output, within: 2e-6, of: "output"),
        Closeness.difference(
          device.convolutionInputGradient(c.outputGradient, c.kernel, c.geometry), from: reference.imageGradient,
          within: 2e-6, of: "image gradient"),
        Closeness.difference(
          device.convolutionKernelGradient(c.image, c.outputGradient, c.geometry), from: reference.kernelGradient,
          within: 2e-6, of: "kernel gradient"),
      ]
      #expect(found.compactMap { $0 } == [], "\(kernels)")
    }
  }

  @Test("Threads change no bit", arguments: ConvolutionCase.all)
  func threadsChangeNothing(_ c: ConvolutionCase) {
    for kernels in KernelSet.available {
      let results = devices(kernels, .direct).map { device in
        [
          device.convolution(c.image, c.kernel, c.geometry),
          device.convolutionInputGradient(c.outputGradient, c.kernel, c.geometry),
          device.convolutionKernelGradient(c.image, c.outputGradient, c.geometry),
        ]
      }
      #expect(results.allSatisfy { $0 == results[0] }, "\(kernels)")
    }
  }

  @Test("An image's output and gradient are the same bits alone and in a batch", arguments: ConvolutionCase.all)
  func batchChangesNothing(_ c: ConvolutionCase) {
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2, convolution: .direct)
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

  static let activations: [(FusedActivation, @Sendable (Double) -> Double)] = [
    (.none, { $0 }), (.relu, { max($0, 0) }), (.relu6, { min(max($0, 0), 6) }),
    (.clamp(low: -0.5, high: 0.75), { min(max($0, -0.5), 0.75) }), (.leakyReLU(alpha: 0.1), { $0 < 0 ? 0.1 * $0 : $0 }),
    (.sigmoid, { 1 / (1 + exp(-$0)) }), (.swish, { $0 / (1 + exp(-$0)) }),
    (.hardSwish, { $0 * min(max($0 + 3, 0), 6) / 6 }),
  ]

  @Test("The epilogue adds bias and residual, then activates", arguments: [0, 4, 5, 15, 18])
  func epilogue(_ index: Int) {
    let c = ConvolutionCase.all[index]
    let (bias, residual) = (random([c.geometry.outputChannels], "bias"), random(c.outputGradient.shape, "residual"))
    let reference = c.reference.output
    let sum = DoubleTensor(
      reference.shape,
      reference.elements.indices.map {
        reference.elements[$0] + Double(bias.elements[$0 % bias.count]) + Double(residual.elements[$0])
      })
    // The rounding error is that of the sum, also where the activation squeezes it into a small range.
    let scale = sum.elements.reduce(0) { max($0, abs($1)) }
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2, convolution: .direct)
      for (activation, function) in Self.activations {
        let epilogue = Epilogue(bias: bias, residual: residual, activation: activation)
        let output = device.convolution(c.image, c.kernel, c.geometry, epilogue: epilogue)
        #expect(
          Closeness.difference(output, from: sum.map(function), within: 2e-6, scale: scale, of: "\(activation)") == nil,
          "\(kernels)")
      }
    }
  }

  @Test("A diverged number stays visible through the fused ReLU")
  func notANumberStays() {
    for kernels in KernelSet.available {
      let output = Device(kernels: kernels, threads: 1).product(
        Tensor([1, 1], [.nan]), Tensor([1, 3], [1, 2, 3]), epilogue: Epilogue(activation: .relu6))
      #expect(output.elements.allSatisfy { $0.isNaN }, "\(kernels)")
    }
  }
}
