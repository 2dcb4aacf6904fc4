import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Batch normalisation")
struct BatchNormalizationTests {
  static let samples: [[Int]] = [[5, 3, 4], [1, 1, 3], [4, 5, 1], [7], [3, 17]]

  /// The layer's gamma and beta among its parameters.
  private static func affine(_ layer: BatchNormalization, _ p: [DoubleTensor]) -> (DoubleTensor?, DoubleTensor?) {
    (layer.scale ? p[0] : nil, layer.center ? p[layer.scale ? 1 : 0] : nil)
  }

  private static func variants(epsilon: Float = 0.001) -> [BatchNormalization] {
    [(true, true), (true, false), (false, true), (false, false)].map {
      BatchNormalization(epsilon: epsilon, center: $0, scale: $1)
    }
  }

  @Test("In inference it uses the moving statistics, and gamma and beta have gradients", arguments: KernelSet.available)
  func inference(_ kernels: KernelSet) {
    for (sample, layer) in Self.samples.flatMap({ sample in Self.variants().map { (sample, $0) } }) {
      let check = GradientCheck(layer, inputShapes: [Shape(sample)], batch: 3) { inputs, p in
        let (gamma, beta) = Self.affine(layer, p)
        return Reference.batchNormalization(
          inputs[0], gamma: gamma, beta: beta, mean: p[p.count - 2], variance: p[p.count - 1],
          epsilon: Double(layer.epsilon))
      }
      #expect(check.differences(on: kernels) == [], "\(layer) on \(sample)")
    }
  }

  @Test("In training it uses the batch, also backward", arguments: KernelSet.available)
  func training(_ kernels: KernelSet) {
    for (sample, layer) in Self.samples.flatMap({ sample in Self.variants().map { (sample, $0) } }) {
      // Of three values a channel's variance may be small: rounding of the input then weighs more.
      let check = GradientCheck(
        layer, inputShapes: [Shape(sample)], batch: 4, mode: .training, tolerance: 2e-5
      ) { inputs, p in
        let (gamma, beta) = Self.affine(layer, p)
        let moments = Reference.channelMoments(inputs[0])
        return Reference.batchNormalization(
          inputs[0], gamma: gamma, beta: beta, mean: moments.mean, variance: moments.variance,
          epsilon: Double(layer.epsilon))
      }
      #expect(check.differences(on: kernels) == [], "\(layer) on \(sample)")
    }
  }

  @Test("Training moves the statistics as Keras does: by the population's variance", arguments: KernelSet.available)
  func movingStatistics(_ kernels: KernelSet) throws {
    let layer = BatchNormalization(momentum: 0.75)
    let x = Tensor([4, 1, 1, 2], [1, 10, 2, 20, 3, 30, 6, 100])
    let numbers: [[Float]] = [[1, 1], [0, 0], [8, 0], [4, 2]]
    let parameters = numbers.map { Tensor([2], $0) }
    let context = Context(
      needs: [], mode: .training, random: RandomKey(seed: 0), sampleIDs: [0, 1, 2, 3],
      device: Device(kernels: kernels, threads: 1))
    let statistics = layer.evaluate([x], parameters, in: context).statistics
    try #require(statistics.count == 2)
    // Means 3 and 40, variances (4 + 1 + 0 + 9) / 4 and (900 + 400 + 100 + 3600) / 4.
    // Three quarters of what was, a quarter of the batch.
    #expect(statistics[0].elements == [6.75, 10])
    #expect(statistics[1].elements == [3.875, 314])
  }

  @Test("A mean far from zero costs no digits", arguments: KernelSet.available)
  func largeMean(_ kernels: KernelSet) {
    let layer = BatchNormalization()
    let key = RandomKey(seed: 3)
    let x = Tensor([8, 4, 4, 3], key.normal(8 * 4 * 4 * 3).map { $0 + 1000 })
    // Floats near 1000 are 6e-5 apart.
    let check = GradientCheck(
      layer, inputShapes: [[4, 4, 3]], inputs: [x], mode: .training, tolerance: 2e-4
    ) { inputs, p in
      let moments = Reference.channelMoments(inputs[0])
      return Reference.batchNormalization(
        inputs[0], gamma: p[0], beta: p[1], mean: moments.mean, variance: moments.variance, epsilon: 0.001)
    }
    #expect(check.differences(on: kernels) == [])
  }

  @Test("Folded into scale and shift it gives what inference gives")
  func folded() {
    let layer = BatchNormalization(epsilon: 1.001e-5)
    let numbers: [[Float]] = [[2, -1, 0.5], [1, 2, 3], [0.25, -3, 7], [0.5, 0, 9]]
    let parameters = numbers.map { Tensor([3], $0) }
    let (scale, shift) = layer.folded(parameters)
    let x = Tensor([2, 3], [1, -2, 4, 0, 3, -5])
    let p = parameters.map { DoubleTensor($0) }
    let expected = Reference.batchNormalization(
      DoubleTensor(x), gamma: p[0], beta: p[1], mean: p[2], variance: p[3], epsilon: Double(layer.epsilon))
    let found = DoubleTensor(x.shape) { place in
      Double(x.elements[place[0] * 3 + place[1]] * scale.elements[place[1]] + shift.elements[place[1]])
    }
    #expect(Closeness.difference(found.tensor, from: expected, within: 1e-6, of: "folded") == nil)
  }

  @Test("Only the last axis can hold the channels", arguments: [-1, 3])
  func lastAxis(_ axis: Int) throws {
    #expect(try BatchNormalization(axis: axis).outputShape(for: [[4, 4, 3]]) == [4, 4, 3])
    #expect {
      try BatchNormalization(axis: 1).outputShape(for: [[4, 4, 3]])
    } throws: {
      "\($0)".contains("not axis 1 of a batch of [4, 4, 3]")
    }
    #expect(try BatchNormalization(axis: 1).outputShape(for: [[12]]) == [12])
  }
}
