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

/// Rules that `Device.update` knows, against plain loops in `Double`.
@Suite struct UpdateRuleTests {
  /// One element's step: gradient, weight and state in, weight and state out.
  typealias Step = @Sendable (_ g: Double, _ w: inout Double, _ s: inout [Double]) -> Void

  static let cases: [(UpdateRule, states: Int, Step)] = [
    (
      .averagedMomentum(rate: 0.5, beta: 0.75, nesterov: false), 1,
      { g, w, s in
        s[0] = 0.75 * s[0] + 0.25 * g
        w -= 0.5 * s[0]
      }
    ),
    (
      .averagedMomentum(rate: 0.5, beta: 0.75, nesterov: true), 1,
      { g, w, s in
        s[0] = 0.75 * s[0] + 0.25 * g
        w -= 0.5 * (0.75 * s[0] + 0.25 * g)
      }
    ),
    (
      .amsgrad(rate: 0.25, beta1: 0.75, beta2: 0.5, epsilon: 0.125), 3,
      { g, w, s in
        s[0] = 0.75 * s[0] + 0.25 * g
        s[1] = 0.5 * s[1] + 0.5 * g * g
        s[2] = max(s[2], s[1])
        w -= 0.25 * s[0] / (s[2].squareRoot() + 0.125)
      }
    ),
    (
      .nadam(momentumFactor: 0.5, gradientFactor: 0.25, correction: 2, beta1: 0.75, beta2: 0.5, epsilon: 0.125), 2,
      { g, w, s in
        s[0] = 0.75 * s[0] + 0.25 * g
        s[1] = 0.5 * s[1] + 0.5 * g * g
        w -= (0.5 * s[0] + 0.25 * g) / ((2 * s[1]).squareRoot() + 0.125)
      }
    ),
    (
      .adamax(rate: 0.25, beta1: 0.75, beta2: 0.5, epsilon: 0.125), 2,
      { g, w, s in
        s[0] = 0.75 * s[0] + 0.25 * g
        s[1] = max(0.5 * s[1], abs(g))
        w -= 0.25 * s[0] / (s[1] + 0.125)
      }
    ),
    (
      .adadelta(rate: 0.5, rho: 0.75, epsilon: 0.125), 2,
      { g, w, s in
        s[0] = 0.75 * s[0] + 0.25 * g * g
        let move = (s[1] + 0.125).squareRoot() * g / (s[0] + 0.125).squareRoot()
        s[1] = 0.75 * s[1] + 0.25 * move * move
        w -= 0.5 * move
      }
    ),
    (
      .adagrad(rate: 0.25, epsilon: 0.125), 1,
      { g, w, s in
        s[0] += g * g
        w -= 0.25 * g / (s[0] + 0.125).squareRoot()
      }
    ),
    (
      .rmsprop(rate: 0.25, rho: 0.75, epsilon: 0.5, momentum: 0.5, isCentered: true), 3,
      { g, w, s in
        s[0] = 0.75 * s[0] + 0.25 * g * g
        s[2] = 0.75 * s[2] + 0.25 * g
        s[1] = 0.5 * s[1] + 0.25 * g / (s[0] - s[2] * s[2] + 0.5).squareRoot()
        w -= s[1]
      }
    ),
    (
      .rmsprop(rate: 0.25, rho: 0.75, epsilon: 0.5, momentum: 0, isCentered: true), 2,
      { g, w, s in
        s[0] = 0.75 * s[0] + 0.25 * g * g
        s[1] = 0.75 * s[1] + 0.25 * g
        w -= 0.25 * g / (s[0] - s[1] * s[1] + 0.5).squareRoot()
      }
    ),
    (
      .lion(rate: 0.25, beta1: 0.75, beta2: 0.5), 1,
      { g, w, s in
        let c = 0.75 * s[0] + 0.25 * g
        w -= c > 0 ? 0.25 : c < 0 ? -0.25 : 0
        s[0] = 0.5 * s[0] + 0.5 * g
      }
    ),
    (
      .lambDirection(momentumCorrection: 2, velocityCorrection: 4, beta1: 0.75, beta2: 0.5, epsilon: 0.125), 2,
      { g, w, s in
        s[0] = 0.75 * s[0] + 0.25 * g
        s[1] = 0.5 * s[1] + 0.5 * g * g
        w = 2 * s[0] / ((4 * s[1]).squareRoot() + 0.125)
      }
    ),
    (.runningAverage(momentum: 0.75), 0, { g, w, _ in w = 0.75 * w + 0.25 * g }),
  ]

  @Test("Every rule follows its formula, with every kernel set and any number of threads", arguments: cases.indices)
  func rule(_ index: Int) {
    let (rule, count, step) = Self.cases[index]
    // Whole vectors and a rest, one number, and enough for two threads.
    for size in [1, 35, 70_001] {
      let start = random([size], "weights")
      let gradients = (0..<3).map { random([size], "gradient \($0)") }
      var expected = start.elements.map(Double.init)
      var remembered = [[Double]](repeating: [Double](repeating: 0, count: count), count: size)
      for gradient in gradients {
        for (place, g) in gradient.elements.enumerated() {
          step(Double(g), &expected[place], &remembered[place])
        }
      }
      for kernels in KernelSet.available {
        var results: [Tensor] = []
        for threads in [1, 2] {
          let device = Device(kernels: kernels, threads: threads)
          var (weights, state) = (start, [Tensor](repeating: Tensor(zeros: [size]), count: count))
          for gradient in gradients { device.update(&weights, &state, gradient: gradient, by: rule) }
          results.append(weights)
        }
        #expect(results[0] == results[1])
        #expect(
          Closeness.difference(results[0], from: DoubleTensor([size], expected), within: 2e-6, of: "weights") == nil,
          "\(rule), \(kernels), \(size)")
      }
    }
  }

  @Test("Decay, scaling and norms are what they say")
  func helpers() {
    let start = random([70_001], "numbers")
    let plain = start.elements.map(Double.init)
    var norms: [Double] = []
    for threads in [1, 2] {
      let device = Device(threads: threads)
      norms.append(device.squaredNorm(start))
      var (decayed, scaled) = (start, start)
      device.decay(&decayed, by: 0.25)
      device.scale(&scaled, by: -3)
      #expect(zip(decayed.elements, plain).allSatisfy { abs(Double($0) - 0.75 * $1) < 1e-6 })
      #expect(zip(scaled.elements, plain).allSatisfy { Double($0) == -3 * $1 || abs(Double($0) + 3 * $1) < 1e-6 })
    }
    #expect(norms[0] == norms[1])
    let sum = plain.reduce(0) { $0 + $1 * $1 }
    #expect(abs(norms[0] - sum) < 1e-12 * sum)
  }
}
