import Kernels
import Tensors
import TestSupport
import Testing

@Suite("Training in bfloat16") struct BFloat16TrainingTests {
  @Test(
    "A convolution and both of its gradients are what plain loops say of rounded numbers",
    arguments: ConvolutionCase.all)
  func matchesReference(_ c: ConvolutionCase) {
    let reference = c.rounded.reference
    for (kernels, way) in BFloat16Tests.ways {
      let device = Device(kernels: kernels, threads: 2, convolution: .direct).training(with: way)
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
      #expect(found.compactMap { $0 } == [], "\(kernels) \(way)")
    }
  }

  @Test("Threads change no bit, and neither does the batch an image is in", arguments: ConvolutionCase.all)
  func sameBits(_ c: ConvolutionCase) {
    for (kernels, way) in BFloat16Tests.ways {
      let results = devices(kernels).map { device in
        let device = device.training(with: way)
        return [
          device.convolution(c.image, c.kernel, c.geometry),
          device.convolutionInputGradient(c.outputGradient, c.kernel, c.geometry),
          device.convolutionKernelGradient(c.image, c.outputGradient, c.geometry),
        ]
      }
      #expect(results.allSatisfy { $0 == results[0] }, "\(kernels) \(way)")
      let device = Device(kernels: kernels, threads: 2).training(with: way)
      for n in 0..<c.batch {
        let one = n..<n + 1
        #expect(device.convolution(c.image[samples: one], c.kernel, c.geometry) == results[0][0][samples: one])
        #expect(
          device.convolutionInputGradient(c.outputGradient[samples: one], c.kernel, c.geometry)
            == results[0][1][samples: one])
      }
    }
  }

  @Test("Convolutions in Winograd's tiles stay in float32", arguments: [(4, 16, 16), (9, 32, 48), (14, 40, 17)])
  func winograd(_ size: (pixels: Int, inputs: Int, outputs: Int)) {
    let c = ConvolutionCase("3x3", size: (size.pixels, size.pixels), channels: (size.inputs, size.outputs))
    for (kernels, way) in BFloat16Tests.ways {
      let plain = Device(kernels: kernels, threads: 1, convolution: .fastest)
      let device = plain.training(with: way)
      #expect(device.convolution(c.image, c.kernel, c.geometry) == plain.convolution(c.image, c.kernel, c.geometry))
      #expect(
        device.convolutionInputGradient(c.outputGradient, c.kernel, c.geometry)
          == plain.convolutionInputGradient(c.outputGradient, c.kernel, c.geometry))
      #expect(
        device.convolutionKernelGradient(c.image, c.outputGradient, c.geometry)
          == plain.convolutionKernelGradient(c.image, c.outputGradient, c.geometry))
    }
  }

  /// Rows, depth, columns: also matrices so large that few rows are multiplied by them where they lie.
  static let sizes: [[Int]] = [
    [1, 1, 1], [5, 7, 40], [14, 32, 32], [49, 520, 65], [3, 1030, 261], [16, 2050, 515], [130, 1031, 261],
  ]

  @Test("A product is what plain loops say of rounded numbers, however its operands are stored", arguments: sizes)
  func product(_ size: [Int]) {
    let (rows, depth, columns) = (size[0], size[1], size[2])
    let (a, b, bias) = (random([rows, depth], "a"), random([depth, columns], "b"), random([columns], "bias"))
    let (x, y) = (a.elements.map(rounded), b.elements.map(rounded))
    var expected = DoubleTensor(zeros: [rows, columns])
    for i in 0..<rows {
      for k in 0..<depth {
        for j in 0..<columns {
          expected.elements[i * columns + j] += Double(x[i * depth + k]) * Double(y[k * columns + j])
        }
      }
    }
    let withBias = DoubleTensor(
      expected.shape, expected.elements.indices.map { expected.elements[$0] + Double(bias.elements[$0 % columns]) })
    for (kernels, way) in BFloat16Tests.ways {
      let results = devices(kernels).map { plain in
        let device = plain.training(with: way)
        let (turnedA, turnedB) = (device.transposed(a), device.transposed(b))
        return [
          device.product(a, b), device.product(a, turnedB, transposingB: true),
          device.product(turnedA, b, transposingA: true),
          device.product(turnedA, turnedB, transposingA: true, transposingB: true),
          device.product(a, b, epilogue: Epilogue(bias: bias)),
        ]
      }
      for (index, result) in results[0].enumerated() {
        let reference = index == 4 ? withBias : expected
        #expect(
          Closeness.difference(result, from: reference, within: 2e-6, of: "product \(index)") == nil,
          "\(kernels) \(way)")
      }
      #expect(results.allSatisfy { $0 == results[0] }, "threads change \(kernels) \(way)")
      // Few rows are multiplied by a large matrix where it lies, many by a packed one.
      let device = Device(kernels: kernels, threads: 2).training(with: way)
      #expect(device.product(a[samples: 0..<1], b) == results[0][0][samples: 0..<1], "rows change \(kernels) \(way)")
      #expect(device.product(a, device.packed(b, as: way)) == results[0][0], "packing changes \(kernels) \(way)")
    }
  }

  @Test("The ways to multiply differ by no more than the order of additions", arguments: ConvolutionCase.all)
  func ways(_ c: ConvolutionCase) {
    for kernels in KernelSet.available where kernels.bfloat16Products.count > 1 {
      let results = kernels.bfloat16Products.map { way in
        Device(kernels: kernels, threads: 1, convolution: .direct).training(with: way)
          .convolutionKernelGradient(c.image, c.outputGradient, c.geometry)
      }
      let difference = Closeness.difference(results[0], from: DoubleTensor(results[1]), within: 1e-6, of: "gradient")
      #expect(difference == nil, "\(kernels)")
    }
  }

  @Test("A device trains in bfloat16 if it was asked to, where that is faster, and else says why not")
  func onlyIfAsked() {
    for kernels in KernelSet.available {
      let plain = Device(kernels: kernels, threads: 1)
      #expect(plain.training == nil && plain.computing(in: .bfloat16).training == nil)
      let willing = plain.training(in: .bfloat16)
      #expect((willing.trainingPrecision == .bfloat16) == (kernels.bfloat16 == .products))
      #expect((kernels.note(onTraining: .bfloat16) == nil) == (kernels.bfloat16 == .products))
      #expect(kernels.note(onTraining: .float32) == nil && willing.training(in: .float32).training == nil)
      #expect(willing.bfloat16 == .none && willing.serial.training == willing.training)
      // What is packed for inference is not concerned.
      let (a, b) = (random([3, 40], "a"), random([40, 5], "b"))
      #expect(willing.product(a, willing.packedForInference(b)) == plain.product(a, b))
    }
  }
}
