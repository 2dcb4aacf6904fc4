import Kernels
import Tensors
import TestSupport

/// A convolution with its numbers, and what it and its gradients are according to plain loops over doubles.
struct ConvolutionCase: Sendable, CustomStringConvertible {
  let description: String
  let batch: Int
  let geometry: ConvolutionGeometry
  private var roundsOperands = false

  init(
    _ description: String, batch: Int = 2, size: (Int, Int), channels: (Int, Int), groups: Int = 1,
    kernel: (Int, Int) = (3, 3), stride: (Int, Int) = (1, 1), dilation: (Int, Int) = (1, 1),
    padding: Window.Padding = .same
  ) {
    self.description = description
    self.batch = batch
    guard
      let geometry = ConvolutionGeometry(
        inputHeight: size.0, inputWidth: size.1, inputChannels: channels.0, outputChannels: channels.1, groups: groups,
        kernelHeight: kernel.0, kernelWidth: kernel.1, strideHeight: stride.0, strideWidth: stride.1,
        dilationHeight: dilation.0, dilationWidth: dilation.1, padding: padding)
    else { preconditionFailure("\(description): the window does not fit") }
    self.geometry = geometry
  }

  static let all: [ConvolutionCase] = [
    ConvolutionCase("one pixel, one channel", batch: 1, size: (1, 1), channels: (1, 1), kernel: (1, 1)),
    ConvolutionCase("one pixel under a 3x3 window", batch: 1, size: (1, 1), channels: (5, 7)),
    ConvolutionCase("1x1", size: (7, 5), channels: (19, 37), kernel: (1, 1)),
    ConvolutionCase("1x1 of stride 2", size: (7, 6), channels: (9, 33), kernel: (1, 1), stride: (2, 2)),
    ConvolutionCase("3x3, odd channels", size: (9, 11), channels: (3, 17)),
    ConvolutionCase("3x3 valid", size: (9, 11), channels: (8, 16), padding: .valid),
    ConvolutionCase("3x3 of stride 2, even", size: (10, 8), channels: (5, 40), stride: (2, 2)),
    ConvolutionCase("3x3 of stride 2, odd, valid", size: (11, 9), channels: (6, 31), stride: (2, 2), padding: .valid),
    ConvolutionCase("7x7 stem of stride 2", size: (21, 23), channels: (3, 20), kernel: (7, 7), stride: (2, 2)),
    ConvolutionCase("11x11 of stride 4", batch: 1, size: (31, 27), channels: (3, 9), kernel: (11, 11), stride: (4, 4)),
    ConvolutionCase("2x4 window, strides 3 and 1", size: (8, 9), channels: (4, 6), kernel: (2, 4), stride: (3, 1)),
    ConvolutionCase("window smaller than its stride", size: (9, 10), channels: (4, 5), kernel: (2, 1), stride: (3, 3)),
    ConvolutionCase("dilated", size: (12, 10), channels: (4, 18), dilation: (2, 3)),
    ConvolutionCase(
      "dilated and strided", size: (13, 14), channels: (3, 5), stride: (2, 3), dilation: (3, 2), padding: .valid),
    ConvolutionCase("strided by an even dilation", size: (11, 12), channels: (2, 3), stride: (2, 2), dilation: (2, 4)),
    ConvolutionCase("3 groups", size: (6, 7), channels: (12, 15), groups: 3),
    ConvolutionCase("groups of one channel, strided", size: (6, 7), channels: (5, 10), groups: 5, stride: (2, 2)),
    ConvolutionCase(
      "unequal padding", size: (6, 5), channels: (3, 4), kernel: (3, 2),
      padding: .explicit(top: 2, bottom: 0, left: 1, right: 3)),
    ConvolutionCase("depth over one block", batch: 1, size: (5, 4), channels: (131, 34)),
    ConvolutionCase(
      "depth over two blocks, strided", batch: 1, size: (6, 6), channels: (600, 18), kernel: (2, 2), stride: (2, 2)),
    ConvolutionCase("more rows than a block", batch: 3, size: (16, 15), channels: (16, 16)),
    ConvolutionCase("more rows than a chunk of the gradient", batch: 7, size: (24, 25), channels: (4, 6)),
    ConvolutionCase("1x1, operands read where they lie", batch: 3, size: (15, 14), channels: (64, 96), kernel: (1, 1)),
    ConvolutionCase("1x1, too many channels for that", batch: 3, size: (9, 8), channels: (1030, 64), kernel: (1, 1)),
    ConvolutionCase("large kernel gradient", batch: 2, size: (10, 11), channels: (520, 520), kernel: (1, 1)),
    ConvolutionCase(
      "1x1 of stride 2, many channels", size: (5, 4), channels: (530, 40), kernel: (1, 1), stride: (2, 2)),
  ]

  var kernelShape: Shape {
    [geometry.kernelHeight, geometry.kernelWidth, geometry.inputChannels / geometry.groups, geometry.outputChannels]
  }
  var image: Tensor {
    operand([batch, geometry.inputHeight, geometry.inputWidth, geometry.inputChannels], "image")
  }
  var kernel: Tensor { operand(kernelShape, "kernel") }
  var outputGradient: Tensor {
    operand([batch, geometry.outputHeight, geometry.outputWidth, geometry.outputChannels], "gradient")
  }

  /// The same with image, kernel and gradient rounded to bfloat16.
  var rounded: ConvolutionCase {
    var copy = self
    copy.roundsOperands = true
    return copy
  }

  private func operand(_ shape: Shape, _ name: String) -> Tensor {
    let numbers = random(shape, name)
    return roundsOperands ? Tensor(shape, numbers.elements.map(KernelsTests.rounded)) : numbers
  }

  struct Reference {
    var output, imageGradient, kernelGradient: DoubleTensor
  }

  /// One set of loops gives all three: y += x w, dx += dy w, dw += x dy.
  var reference: Reference {
    let g = geometry
    let (image, kernel, gradient) = (DoubleTensor(image), DoubleTensor(kernel), DoubleTensor(outputGradient))
    var result = Reference(
      output: DoubleTensor(zeros: gradient.shape), imageGradient: DoubleTensor(zeros: image.shape),
      kernelGradient: DoubleTensor(zeros: kernel.shape))
    let (inputs, outputs) = (g.inputChannels / g.groups, g.outputChannels / g.groups)
    for n in 0..<batch {
      for oy in 0..<g.outputHeight {
        for ox in 0..<g.outputWidth {
          for ky in 0..<g.kernelHeight {
            let iy = oy * g.strideHeight + ky * g.dilationHeight - g.padTop
            guard iy >= 0, iy < g.inputHeight else { continue }
            for kx in 0..<g.kernelWidth {
              let ix = ox * g.strideWidth + kx * g.dilationWidth - g.padLeft
              guard ix >= 0, ix < g.inputWidth else { continue }
              for co in 0..<g.outputChannels {
                let y = ((n * g.outputHeight + oy) * g.outputWidth + ox) * g.outputChannels + co
                for ci in 0..<inputs {
                  let x = ((n * g.inputHeight + iy) * g.inputWidth + ix) * g.inputChannels + co / outputs * inputs + ci
                  let w = ((ky * g.kernelWidth + kx) * inputs + ci) * g.outputChannels + co
                  result.output.elements[y] += image.elements[x] * kernel.elements[w]
                  result.imageGradient.elements[x] += gradient.elements[y] * kernel.elements[w]
                  result.kernelGradient.elements[w] += image.elements[x] * gradient.elements[y]
                }
              }
            }
          }
        }
      }
    }
    return result
  }
}

/// Normal random numbers, the same ones for the same shape and name.
func random(_ shape: Shape, _ name: String) -> Tensor {
  Tensor(shape, RandomKey(seed: 3).folding(name).normal(shape.elementCount))
}

/// Devices to compare bits on: they differ in nothing but their threads.
func devices(_ kernels: KernelSet, _ convolution: ConvolutionAlgorithm = .standard) -> [Device] {
  [1, 2, 3].map { Device(kernels: kernels, threads: $0, convolution: convolution) }
}
