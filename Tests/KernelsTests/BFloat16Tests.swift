import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct BFloat16Tests {
  /// Every set of the machine with every way it has.
  static let ways = KernelSet.available.flatMap { set in set.bfloat16Products.map { (set, $0) } }

  @Test("A convolution of bfloat16 numbers is what plain loops say of the rounded ones", arguments: ConvolutionCase.all)
  func convolutionMatchesReference(_ c: ConvolutionCase) {
    let reference = c.rounded.reference.output
    let exact = c.reference.output
    for (kernels, way) in Self.ways {
      let device = Device(kernels: kernels, threads: 2)
      let output = device.convolution(c.image, device.packed(c.kernel, c.geometry, as: way), c.geometry)
      #expect(
        Closeness.difference(output, from: reference, within: 2e-6, of: "rounded") == nil, "\(kernels) \(way)")
      // Two operands off by up to 1 / 256 each: a bound for any one product, and sums stay far below it.
      #expect(Closeness.difference(output, from: exact, within: 8e-3, of: "exact") == nil, "\(kernels) \(way)")
    }
  }

  @Test("Where many products add up, the error is below 4e-3 of the largest output")
  func error() {
    for c in ConvolutionCase.all where c.kernelShape.elementCount / c.geometry.outputChannels >= 64 {
      for (kernels, way) in Self.ways {
        let device = Device(kernels: kernels, threads: 2)
        let output = device.convolution(c.image, device.packed(c.kernel, c.geometry, as: way), c.geometry)
        #expect(
          Closeness.difference(output, from: c.reference.output, within: 4e-3, of: c.description) == nil,
          "\(kernels) \(way)")
      }
    }
  }

  @Test("Neither threads nor the batch change a bit", arguments: ConvolutionCase.all)
  func batchAndThreadsChangeNothing(_ c: ConvolutionCase) {
    for (kernels, way) in Self.ways {
      let outputs = devices(kernels).map {
        $0.convolution(c.image, $0.packed(c.kernel, c.geometry, as: way), c.geometry)
      }
      #expect(outputs.allSatisfy { $0 == outputs[0] }, "\(kernels) \(way)")
      let device = Device(kernels: kernels, threads: 2)
      let kernel = device.packed(c.kernel, c.geometry, as: way)
      for n in 0..<c.batch {
        let alone = device.convolution(c.image[samples: n..<n + 1], kernel, c.geometry)
        #expect(alone == outputs[0][samples: n..<n + 1], "\(kernels) \(way)")
      }
    }
  }

  @Test("A product takes bias, residual and activation", arguments: [[1, 1, 1], [5, 7, 40], [49, 1031, 65]])
  func epilogue(_ size: [Int]) {
    let (rows, depth, columns) = (size[0], size[1], size[2])
    let (a, b) = (random([rows, depth], "a"), random([depth, columns], "b"))
    let (bias, residual) = (random([columns], "bias"), random([rows, columns], "residual"))
    let (x, y) = (a.elements.map(rounded), b.elements.map(rounded))
    var sums = DoubleTensor(zeros: [rows, columns])
    for i in 0..<rows {
      for j in 0..<columns {
        let sum = (0..<depth).reduce(0) { $0 + Double(x[i * depth + $1]) * Double(y[$1 * columns + j]) }
        sums.elements[i * columns + j] = sum + Double(bias.elements[j]) + Double(residual.elements[i * columns + j])
      }
    }
    let scale = sums.elements.reduce(0) { max($0, abs($1)) }
    for (kernels, way) in Self.ways {
      let device = Device(kernels: kernels, threads: 2)
      let matrix = device.packed(b, as: way)
      for (activation, function) in ConvolutionTests.activations {
        let output = device.product(
          a, matrix, epilogue: Epilogue(bias: bias, residual: residual, activation: activation))
        #expect(
          Closeness.difference(output, from: sums.map(function), within: 2e-6, scale: scale, of: "\(activation)")
            == nil,
          "\(kernels) \(way)")
      }
    }
  }

  @Test("Numbers are rounded to the nearest, ties to even, and what is no number stays visible")
  func rounding() {
    let numbers: [Float] = [
      0, -0.0, 1, -1, 1.00390625, 1.01171875, 1.003906369, 0.99609375, 3.4e38, 1e-30, 65504, 1.0 / 3, -.pi,
      Float.greatestFiniteMagnitude, .infinity, -.infinity, .nan, -.nan, Float(bitPattern: 0x7f80_0001),
    ]
    for (kernels, way) in Self.ways {
      let device = Device(kernels: kernels, threads: 1)
      let one = device.packed(Tensor([1, 1], [1]), as: way)
      let left = device.product(Tensor([numbers.count, 1], numbers), one).elements
      let right = device.product(
        Tensor([1, 1], [1]), device.packed(Tensor([1, numbers.count], numbers), as: way)
      ).elements
      for (index, number) in numbers.enumerated() {
        for found in [left[index], right[index]] {
          let expected = number.isNaN ? .nan : rounded(number)
          #expect(found == expected || (found.isNaN && expected.isNaN), "\(number) on \(kernels) \(way)")
        }
      }
    }
  }

  @Test("Only programs for inference that were asked to use bfloat16")
  func neverSilently() {
    let (kernel, image) = (random([1, 1, 64, 48], "kernel"), random([1, 6, 6, 64], "image"))
    let geometry = ConvolutionGeometry(
      inputHeight: 6, inputWidth: 6, inputChannels: 64, outputChannels: 48, kernelHeight: 1, kernelWidth: 1)
    guard let geometry else { return #expect(Bool(false), "the window fits") }
    for kernels in KernelSet.available {
      let plain = Device(kernels: kernels, threads: 1)
      let willing = plain.computing(with: .products)
      let exact = plain.convolution(image, kernel, geometry)
      #expect(plain.convolution(image, plain.packedForInference(kernel, geometry), geometry) == exact)
      #expect(willing.convolution(image, kernel, geometry) == exact)
      #expect(willing.convolution(image, willing.packedForInference(kernel, geometry), geometry) != exact)
      #expect(willing.computing(in: .float32).bfloat16 == .none)
      #expect(plain.computing(in: .bfloat16).bfloat16 == kernels.bfloat16)
      #expect(willing.serial.bfloat16 == .products)
    }
  }
}

/// The nearest number with 8 significant bits, by arithmetic: in units of its last bit, ties to even.
func rounded(_ x: Float) -> Float {
  guard x != 0, x.isFinite else { return x }
  let unit = Double(sign: .plus, exponent: max(Int(x.exponent), -126) - 7, significand: 1)
  return Float((Double(x) / unit).rounded(.toNearestOrEven) * unit)
}
