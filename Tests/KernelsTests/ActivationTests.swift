import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct ActivationTests {
  struct Case: Sendable, CustomStringConvertible {
    let activation: ActivationFunction
    /// Units in the last place (of the largest number that takes part) that the kernel may be off.
    let ulps: Double
    /// Where a derivative (or the next) jumps, finite differences say nothing.
    var jumps: [Double] = []
    let function: @Sendable (Double) -> Double
    var description: String { "\(activation)" }
  }

  static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
  static func relu6(_ x: Double) -> Double { min(max(x, 0), 6) }

  static let cases = [
    Case(activation: .linear, ulps: 0) { $0 },
    Case(activation: .relu(), ulps: 0, jumps: [0]) { max($0, 0) },
    Case(activation: .relu(maxValue: 6), ulps: 0, jumps: [0, 6]) { relu6($0) },
    Case(activation: .relu(maxValue: 4, negativeSlope: 0.25, threshold: 1), ulps: 1, jumps: [1, 4]) {
      $0 >= 4 ? 4 : $0 >= 1 ? $0 : 0.25 * ($0 - 1)
    },
    Case(activation: .leakyReLU(alpha: 0.3), ulps: 1, jumps: [0]) { $0 < 0 ? Double(Float(0.3)) * $0 : $0 },
    Case(activation: .sigmoid, ulps: 3, function: logistic),
    Case(activation: .tanh, ulps: 3) { Foundation.tanh($0) },
    Case(activation: .swish, ulps: 4) { $0 * logistic($0) },
    Case(activation: .gelu(), ulps: 4) { $0 * 0.5 * (1 + erf($0 / 2.0.squareRoot())) },
    Case(activation: .gelu(approximate: true), ulps: 6) {
      $0 * 0.5 * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)))
    },
    Case(activation: .elu(alpha: 0.7), ulps: 5, jumps: [0]) { $0 > 0 ? $0 : Double(Float(0.7)) * expm1($0) },
    Case(activation: .selu, ulps: 5, jumps: [0]) {
      1.0507009873554805 * ($0 > 0 ? $0 : 1.6732632423543772 * expm1($0))
    },
    Case(activation: .softplus, ulps: 4) { max($0, 0) + log1p(exp(-abs($0))) },
    Case(activation: .softsign, ulps: 2, jumps: [0]) { $0 / (1 + abs($0)) },
    Case(activation: .hardSigmoid, ulps: 2, jumps: [-3, 3]) { relu6($0 + 3) / 6 },
    Case(activation: .hardSigmoidKeras2, ulps: 2, jumps: [-2.5, 2.5]) { min(max(0.2 * $0 + 0.5, 0), 1) },
    Case(activation: .hardSwish, ulps: 4, jumps: [-3, 3]) { $0 * relu6($0 + 3) / 6 },
    Case(activation: .exponential, ulps: 3) { exp($0) },
    Case(activation: .mish, ulps: 6) { $0 * Foundation.tanh(max($0, 0) + log1p(exp(-abs($0)))) },
  ]

  /// -30 to 30, fine around zero, and an odd count so that the last vector is not full.
  static let points: [Float] = (-3000...3000).map { Float($0) * 0.01 } + (-50...50).map { Float($0) * 1e-4 }

  @Test("Every activation is its formula to a few units in the last place", arguments: cases)
  func values(_ c: Case) {
    for kernels in KernelSet.available {
      let found = Device(kernels: kernels, threads: 2)
        .activate(Tensor([Self.points.count], Self.points), c.activation).elements
      for (x, y) in zip(Self.points, found) {
        let expected = c.function(Double(x))
        // 1 + erf and the like lose digits where they are small: measured by x, as every implementation in floats does.
        let scale = max(abs(expected), c.losesDigits ? abs(Double(x)) : 0)
        #expect(
          abs(Double(y) - expected) <= c.ulps * 0x1p-23 * scale + 1e-38, "\(kernels): f(\(x)) = \(y), not \(expected)")
      }
    }
  }

  @Test("Every gradient is the slope of its formula", arguments: cases)
  func gradients(_ c: Case) {
    let points = Self.points.filter { x in c.jumps.allSatisfy { abs($0 - Double(x)) > 1e-3 } }
    let input = Tensor([points.count], points)
    let dOutput = random([points.count], "gradient")
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2)
      let output = device.activate(input, c.activation)
      let kept: (input: Tensor?, output: Tensor?) =
        switch c.activation.gradientNeeds {
        case .nothing: (nil, nil)
        case .input: (input, nil)
        case .output: (nil, output)
        }
      let found = device.activationGradient(dOutput, input: kept.input, output: kept.output, c.activation).elements
      for (index, x) in points.map(Double.init).enumerated() {
        let step = 1e-5
        let slope = (c.function(x + step) - c.function(x - step)) / (2 * step)
        let expected = slope * Double(dOutput.elements[index])
        #expect(
          abs(Double(found[index]) - expected) <= 4e-6 * max(abs(expected), 1), "\(kernels): f'(\(x)) = \(found[index])"
        )
      }
    }
  }

  @Test("Infinities and NaN do what mathematics says")
  func extremes() {
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 1)
      func f(_ x: Float, _ activation: ActivationFunction) -> Float {
        device.activate(Tensor([1], [x]), activation).scalar
      }
      #expect(f(.infinity, .exponential) == .infinity)
      #expect(f(-.infinity, .exponential) == 0)
      #expect(f(100, .exponential) == .infinity)
      #expect(abs(Double(f(-100, .exponential)) - exp(-100.0)) < 2e-45)
      #expect(f(.infinity, .sigmoid) == 1 && f(-.infinity, .sigmoid) == 0)
      #expect(f(.infinity, .tanh) == 1 && f(-.infinity, .tanh) == -1)
      #expect(f(.infinity, .softplus) == .infinity && f(-.infinity, .softplus) == 0)
      #expect(f(50, .gelu()) == 50 && f(-50, .gelu()) == 0)
      #expect(f(100, .mish) == 100)
      for activation in [ActivationFunction.relu(), .sigmoid, .tanh, .exponential, .elu(), .swish, .gelu(), .softplus] {
        #expect(f(.nan, activation).isNaN, "\(kernels): \(activation) hides a NaN")
      }
    }
  }

  @Test("An element's activation does not depend on its place", arguments: cases)
  func places(_ c: Case) {
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 1)
      let x = random([37], "x")
      let whole = device.activate(x, c.activation).elements
      let parts = (0..<37).map { device.activate(Tensor([1], [x.elements[$0]]), c.activation).scalar }
      #expect(whole == parts, "\(kernels)")
    }
  }

  @Test(
    "Softmax and its gradient are what plain loops say", arguments: [[1, 1], [3, 2], [5, 10], [4, 17], [2, 1000]])
  func softmax(_ size: [Int]) {
    let shape = Shape(size)
    let x = Tensor(shape, random(shape, "x").elements.map { $0 * 8 })
    let dOutput = random(shape, "gradient")
    var (y, dx) = (DoubleTensor(zeros: shape), DoubleTensor(zeros: shape))
    for row in 0..<size[0] {
      let columns = row * size[1]..<(row + 1) * size[1]
      let sum = columns.reduce(0) { $0 + exp(Double(x.elements[$1])) }
      for i in columns { y.elements[i] = exp(Double(x.elements[i])) / sum }
      let mean = columns.reduce(0) { $0 + y.elements[$1] * Double(dOutput.elements[$1]) }
      for i in columns { dx.elements[i] = y.elements[i] * (Double(dOutput.elements[i]) - mean) }
    }
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2)
      let output = device.activate(x, .softmax)
      let gradient = device.activationGradient(dOutput, input: nil, output: output, .softmax)
      #expect(Closeness.difference(output, from: y, within: 1e-6, of: "softmax") == nil, "\(kernels)")
      #expect(Closeness.difference(gradient, from: dx, within: 2e-6, of: "gradient") == nil, "\(kernels)")
    }
  }
}

extension ActivationTests.Case {
  var losesDigits: Bool {
    switch activation {
    case .gelu, .hardSigmoid, .hardSigmoidKeras2, .hardSwish: true
    default: false
    }
  }
}
