import Kernels
import Layers
import Tensors
import TestSupport
import Testing

/// A window over a small image: odd sizes, one channel, one pixel, windows larger than the image.
struct SlidingCase: Sendable, CustomTestStringConvertible {
  var image: Shape
  var kernel: Size
  var strides = Size(1, 1)
  var padding = Padding.valid
  var dilation = Size(1, 1)
  var batch = 2

  var sliding: Reference.Sliding {
    Reference.Sliding(strides: strides, isSame: padding == .same, dilation: dilation)
  }

  var testDescription: String {
    "\(kernel) over \(batch)×\(image), strides \(strides), \(padding), dilation \(dilation)"
  }

  static let all = [
    SlidingCase(image: [5, 7, 3], kernel: Size(3, 3)),
    SlidingCase(image: [5, 7, 3], kernel: Size(3, 3), padding: .same, batch: 1),
    SlidingCase(image: [5, 6, 2], kernel: Size(2, 2), padding: .same),
    SlidingCase(image: [7, 8, 3], kernel: Size(3, 3), strides: Size(2, 2), padding: .same, batch: 3),
    SlidingCase(image: [8, 7, 3], kernel: Size(3, 2), strides: Size(2, 2)),
    SlidingCase(image: [9, 7, 1], kernel: Size(5, 3), strides: Size(3, 3), padding: .same),
    SlidingCase(image: [9, 8, 2], kernel: Size(3, 3), padding: .same, dilation: Size(2, 2)),
    SlidingCase(image: [7, 9, 2], kernel: Size(3, 3), dilation: Size(2, 3), batch: 1),
    SlidingCase(image: [5, 4, 6], kernel: Size(1, 1)),
    SlidingCase(image: [5, 5, 4], kernel: Size(1, 1), strides: Size(2, 2)),
    SlidingCase(image: [1, 1, 5], kernel: Size(1, 1), batch: 1),
    SlidingCase(image: [1, 1, 2], kernel: Size(3, 3), padding: .same),
    SlidingCase(image: [2, 3, 1], kernel: Size(5, 7), padding: .same),
  ]
}

@Suite("Convolutions match loops in doubles and their finite differences")
struct ConvolutionTests {
  @Test("Conv2D", arguments: KernelSet.available, SlidingCase.all)
  func conv2D(_ kernels: KernelSet, _ c: SlidingCase) {
    let layer = Conv2D(
      filters: 5, kernelSize: c.kernel, strides: c.strides, padding: c.padding, dilationRate: c.dilation)
    let check = GradientCheck(layer, inputShapes: [c.image], batch: c.batch) { inputs, parameters in
      Reference.convolution(inputs[0], parameters[0], bias: parameters[1], c.sliding)
    }
    #expect(check.differences(on: kernels) == [])
  }

  @Test("Conv2D in groups, without a bias", arguments: KernelSet.available, [1, 2, 6])
  func groups(_ kernels: KernelSet, _ groups: Int) {
    let layer = Conv2D(filters: 12, kernelSize: Size(3, 2), padding: .same, groups: groups, usesBias: false)
    let check = GradientCheck(layer, inputShapes: [[4, 5, 6]]) { inputs, parameters in
      Reference.convolution(inputs[0], parameters[0], Reference.Sliding(isSame: true), groups: groups)
    }
    #expect(check.differences(on: kernels) == [])
  }

  @Test("DepthwiseConv2D", arguments: KernelSet.available, SlidingCase.all)
  func depthwise(_ kernels: KernelSet, _ c: SlidingCase) {
    for multiplier in [1, 3] {
      let layer = DepthwiseConv2D(
        kernelSize: c.kernel, strides: c.strides, padding: c.padding, depthMultiplier: multiplier,
        dilationRate: c.dilation)
      let check = GradientCheck(layer, inputShapes: [c.image], batch: c.batch) { inputs, parameters in
        Reference.depthwiseConvolution(inputs[0], parameters[0], bias: parameters[1], c.sliding)
      }
      #expect(check.differences(on: kernels) == [], "multiplier \(multiplier)")
    }
  }

  @Test("SeparableConv2D", arguments: KernelSet.available, SlidingCase.all)
  func separable(_ kernels: KernelSet, _ c: SlidingCase) {
    let layer = SeparableConv2D(
      filters: 4, kernelSize: c.kernel, strides: c.strides, padding: c.padding, dilationRate: c.dilation,
      depthMultiplier: 2)
    let check = GradientCheck(layer, inputShapes: [c.image], batch: c.batch) { inputs, parameters in
      Reference.convolution(
        Reference.depthwiseConvolution(inputs[0], parameters[0], c.sliding), parameters[1], bias: parameters[2])
    }
    #expect(check.differences(on: kernels) == [])
  }

  @Test("An activation at the end is the activation of what the layer computes", arguments: KernelSet.available)
  func fusedActivation(_ kernels: KernelSet) {
    for activation: ActivationFunction in [.relu, .relu6, .swish, .sigmoid, .leakyReLU(alpha: 0.1), .softmax, .gelu()] {
      let layers: [any Layer] = [
        Conv2D(filters: 5, kernelSize: Size(3, 3), padding: .same, activation: activation),
        DepthwiseConv2D(kernelSize: Size(3, 3), padding: .same, activation: activation),
        SeparableConv2D(filters: 5, kernelSize: Size(3, 3), padding: .same, activation: activation, usesBias: false),
        Conv2D(filters: 5, kernelSize: Size(3, 3), padding: .same, activation: activation, usesBias: false),
      ]
      let same = Reference.Sliding(isSame: true)
      for layer in layers {
        let check = GradientCheck(layer, inputShapes: [[4, 5, 3]]) { inputs, p in
          let linear =
            switch layer.kind {
            case Conv2D.kind: Reference.convolution(inputs[0], p[0], bias: p.count > 1 ? p[1] : nil, same)
            case DepthwiseConv2D.kind: Reference.depthwiseConvolution(inputs[0], p[0], bias: p[1], same)
            default: Reference.convolution(Reference.depthwiseConvolution(inputs[0], p[0], same), p[1])
            }
          return Reference.activation(activation, linear)
        }
        #expect(check.differences(on: kernels) == [], "\(layer.kind) with \(activation)")
      }
    }
  }

  @Test("A shape that does not fit is refused in words")
  func shapeErrors() {
    let layer = Conv2D(filters: 4, kernelSize: Size(7, 5), dilationRate: Size(2, 2))
    #expect {
      try layer.outputShape(for: [[10, 12, 3]])
    } throws: {
      "\($0)".contains("a window of 7×5 with dilation 2×2 does not fit into an image of 10×12")
    }
    #expect {
      try layer.outputShape(for: [[10]])
    } throws: {
      "\($0)".contains("Conv2D takes images [height, width, channels], not [10]")
    }
    #expect {
      try Conv2D(filters: 4, kernelSize: Size(1, 1), groups: 2).outputShape(for: [[10, 12, 3]])
    } throws: {
      "\($0)".contains("cannot divide 3 channels into 2 equal groups")
    }
    #expect {
      try DepthwiseConv2D(kernelSize: Size(3, 3)).outputShape(for: [[2, 2, 3]])
    } throws: {
      "\($0)".contains("3×3 does not fit into an image of 2×2")
    }
  }

  @Test("Multiply-adds are counted per sample: ResNet-50's first convolution has 118 million")
  func multiplyAdds() {
    let stem = Conv2D(filters: 64, kernelSize: Size(7, 7), strides: Size(2, 2), padding: .same)
    #expect(stem.multiplyAdds(for: [[224, 224, 3]]) == 112 * 112 * 64 * 7 * 7 * 3)
    let depthwise = DepthwiseConv2D(kernelSize: Size(3, 3), padding: .same, depthMultiplier: 2)
    #expect(depthwise.multiplyAdds(for: [[10, 10, 4]]) == 100 * 9 * 8)
    let separable = SeparableConv2D(filters: 16, kernelSize: Size(3, 3), padding: .same)
    #expect(separable.multiplyAdds(for: [[10, 10, 4]]) == 100 * 9 * 4 + 100 * 4 * 16)
  }
}
