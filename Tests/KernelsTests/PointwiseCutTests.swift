import Kernels
import Tensors
import TestSupport
import Testing

@Suite("Pointwise convolutions over large images are cut into parts")
struct PointwiseCutTests {
  static let cases = [
    ConvolutionCase("even height", batch: 2, size: (34, 29), channels: (33, 300), kernel: (1, 1)),
    ConvolutionCase("a prime number of lines", batch: 1, size: (37, 25), channels: (270, 20), kernel: (1, 1)),
    ConvolutionCase("in groups", batch: 3, size: (32, 32), channels: (240, 60), groups: 3, kernel: (1, 1)),
  ]

  @Test("Output and gradients are what plain loops say, and the threads change no bit", arguments: cases)
  func matchesReference(_ c: ConvolutionCase) throws {
    let convolution = SampleConvolution.dense(c.geometry)
    #expect((try #require(convolution.cut)).parts > 1)
    for kernels in KernelSet.available {
      let results = try devices(kernels).map { device in
        let output = device.convolution(.tensor(c.image), c.kernel, convolution)
        let found = device.convolutionGradients(
          .tensor(c.image), .tensor(c.outputGradient), c.kernel, convolution, needsImage: true)
        return [output, try #require(found.image), try #require(found.kernel)]
      }
      #expect(results.allSatisfy { $0 == results[0] }, "\(kernels)")
      let reference = c.reference
      let differences = [
        Closeness.difference(results[0][0], from: reference.output, within: 2e-6, of: "output"),
        Closeness.difference(results[0][1], from: reference.imageGradient, within: 2e-6, of: "image gradient"),
        Closeness.difference(results[0][2], from: reference.kernelGradient, within: 2e-6, of: "kernel gradient"),
      ]
      #expect(differences.compactMap { $0 } == [], "\(kernels)")
    }
  }

  @Test("What is made part by part is what is made as a whole, and a gradient is added to what was there")
  func madeParts() throws {
    let c = Self.cases[0]
    let convolution = SampleConvolution.dense(c.geometry)
    func channels(_ count: Int) -> NormalizedChannels {
      NormalizedChannels(
        scale: random([count], "scale"), shift: random([count], "shift"), inverse: random([count], "inverse"),
        offset: random([count], "offset"))
    }
    let activation = try #require(NormalizedActivation(.relu()))
    let known = random(c.image.shape, "known")
    for device in KernelSet.available.flatMap({ devices($0) }) {
      let image = SampleParts.normalized(c.image, channels(c.geometry.inputChannels), activation)
      let normalized = random(c.outputGradient.shape, "normalized")
      let gradient = SampleParts.gradient(
        c.outputGradient, of: normalized, channels(c.geometry.outputChannels), activation,
        constant: random([c.geometry.outputChannels], "constant"), slope: random([c.geometry.outputChannels], "slope"))
      let (wholeImage, wholeGradient) = (image.whole(on: device), gradient.whole(on: device))
      #expect(
        device.convolution(image, c.kernel, convolution)
          == device.convolution(.tensor(wholeImage), c.kernel, convolution))
      let parts = device.convolutionGradients(image, gradient, c.kernel, convolution, needsImage: true)
      let whole = device.convolutionGradients(
        .tensor(wholeImage), .tensor(wholeGradient), c.kernel, convolution, needsImage: true)
      #expect(parts.kernel == whole.kernel && parts.image == whole.image, "\(device.kernels)")
      let sum = device.convolutionGradients(
        image, gradient, c.kernel, convolution, needsImage: true, adding: known, for: nil)
      #expect(sum.image == device.add(known, try #require(whole.image)), "\(device.kernels)")
    }
  }

  @Test("Others are not cut")
  func uncut() {
    for (kernel, stride, size) in [(3, 1, 40), (1, 2, 40), (1, 1, 10)] {
      let c = ConvolutionCase(
        "", size: (size, size), channels: (8, 300), kernel: (kernel, kernel), stride: (stride, stride))
      #expect(SampleConvolution.dense(c.geometry).cut == nil)
    }
  }
}
