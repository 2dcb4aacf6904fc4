import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct UpdateTests {
  static let start = random([5, 7], "weights")
  static let gradients = (0..<4).map { random([5, 7], "gradient \($0)") }

  @Test("SGD follows Keras' formulas", arguments: [(0, false), (0.9, false), (0.9, true)])
  func sgd(momentum: Float, nesterov: Bool) {
    var (w, v) = (DoubleTensor(Self.start).elements, Array(repeating: 0.0, count: 35))
    let (rate, m) = (Double(Float(0.1)), Double(momentum))
    for gradient in Self.gradients.map({ $0.elements.map(Double.init) }) {
      for i in w.indices {
        v[i] = m * v[i] - rate * gradient[i]
        w[i] += nesterov ? m * v[i] - rate * gradient[i] : v[i]
      }
    }
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2)
      var (weights, velocity) = (Self.start, Tensor(zeros: [5, 7]))
      for gradient in Self.gradients {
        device.sgdUpdate(
          &weights, velocity: &velocity, gradient: gradient, rate: 0.1, momentum: momentum, nesterov: nesterov)
      }
      #expect(Closeness.difference(weights, from: DoubleTensor([5, 7], w), within: 1e-6, of: "weights") == nil)
      guard momentum == 0 else { continue }
      var plain = Self.start
      for gradient in Self.gradients { device.sgdUpdate(&plain, gradient: gradient, rate: 0.1) }
      #expect(plain == weights)
      #expect(velocity == Tensor(zeros: [5, 7]))
    }
  }

  @Test("Adam follows Keras' formula")
  func adam() {
    var (w, m, v) = (
      DoubleTensor(Self.start).elements, [Double](repeating: 0, count: 35), [Double](repeating: 0, count: 35)
    )
    let rates = (1...4).map { t in
      let t = Double(t)
      return 0.01 * (1 - power(0.999, t)).squareRoot() / (1 - power(0.9, t))
    }
    for (gradient, rate) in zip(Self.gradients, rates) {
      for (i, g) in gradient.elements.map(Double.init).enumerated() {
        m[i] = 0.9 * m[i] + 0.1 * g
        v[i] = 0.999 * v[i] + 0.001 * g * g
        w[i] -= rate * m[i] / (v[i].squareRoot() + 1e-7)
      }
    }
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2)
      var (weights, first, second) = (Self.start, Tensor(zeros: [5, 7]), Tensor(zeros: [5, 7]))
      for (gradient, rate) in zip(Self.gradients, rates) {
        device.adamUpdate(
          &weights, firstMoment: &first, secondMoment: &second, gradient: gradient, rate: Float(rate))
      }
      #expect(Closeness.difference(weights, from: DoubleTensor([5, 7], w), within: 2e-6, of: "weights") == nil)
    }
  }

  private func power(_ x: Double, _ n: Double) -> Double { (0..<Int(n)).reduce(1.0) { result, _ in result * x } }
}
