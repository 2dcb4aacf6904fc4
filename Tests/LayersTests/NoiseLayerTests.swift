import JSON
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Gaussian noise, Gaussian dropout, stochastic depth")
struct NoiseLayerTests {
  private let device = Device(kernels: .best, threads: 1)

  private func context(_ sampleIDs: [UInt64]) -> Context {
    Context(
      needs: .inputs, mode: .training, random: RandomKey(seed: 3), sampleIDs: sampleIDs, device: device)
  }

  private static let layers: [any UnaryLayer] = [
    GaussianNoise(standardDeviation: 0.5), GaussianDropout(rate: 0.2), StochasticDepth(dropPathRate: 0.4),
  ]

  @Test("In inference everything passes", arguments: 0..<3)
  func inference(_ index: Int) {
    let check = GradientCheck(Self.layers[index], inputShapes: [[3, 2, 4]]) { x, _ in x[0] }
    #expect(check.differences(on: .best) == [])
  }

  @Test("Noise has the mean and the deviation that were asked for", arguments: [false, true])
  func moments(_ multiplies: Bool) {
    let layer: any UnaryLayer = multiplies ? GaussianDropout(rate: 0.2) : GaussianNoise(standardDeviation: 0.5)
    let input = Tensor(repeating: 2, [2, 20_000])
    let numbers = layer.evaluate(input, [], in: context([0, 1])).output.elements.map(Double.init)
    let count = Double(numbers.count)
    let mean = numbers.reduce(0, +) / count
    let deviation = (numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
    // Dropout at 0.2 has the variance 0.2 / 0.8; the input is 2.
    let expected = multiplies ? 2 * 0.5 : 0.5
    #expect(abs(mean - 2) < 4 * expected / count.squareRoot())
    #expect(abs(deviation - expected) < 0.02)
  }

  @Test("Stochastic depth passes or silences whole samples, as often as asked for")
  func depth() {
    let count = 4000
    let layer = StochasticDepth(dropPathRate: 0.4)
    let output = layer.evaluate(Tensor(repeating: 3, [count, 5]), [], in: context((0..<UInt64(count)).map { $0 }))
      .output
    let samples = (0..<count).map { Array(output.elements[$0 * 5..<$0 * 5 + 5]) }
    #expect(samples.allSatisfy { Set($0).count == 1 })
    #expect(Set(samples.map { $0[0] }) == [0, 3 * (1 / (1 - Float(0.4)))])
    let silenced = Double(samples.count { $0[0] == 0 }) / Double(count)
    #expect(abs(silenced - 0.4) < 4 * (0.24 / Double(count)).squareRoot())
  }

  @Test("The gradient goes where the value went, and a sample's numbers do not depend on its batch", arguments: 0..<3)
  func gradient(_ index: Int) {
    let layer = Self.layers[index]
    let (x, dy) = (Tensor([3, 40], RandomKey(seed: 1).normal(120)), Tensor([3, 40], RandomKey(seed: 2).normal(120)))
    let together = layer.evaluate(x, [], in: context([7, 8, 9]))
    let alone = layer.evaluate(x[samples: 1..<2], [], in: context([8]))
    #expect(alone.output == together.output[samples: 1..<2])
    // All three are linear in the input: y(x + d) − y(x) is the gradient's transpose applied to d.
    let moved = layer.evaluate(device.add(x, dy), [], in: context([7, 8, 9])).output
    let before = together.output
    let gradient = together.pullback(Tensor(repeating: 1, [3, 40])).inputs[0]
    let expected = device.multiply(gradient ?? x, dy)
    for (found, (high, low)) in zip(expected.elements, zip(moved.elements, before.elements)) {
      #expect(abs(found - (high - low)) < 1e-4)
    }
  }

  @Test("Impossible settings are refused")
  func settings() throws {
    #expect(throws: ConfigError.self) { try GaussianNoise(config: ["stddev": -1]) }
    #expect(throws: ConfigError.self) { try GaussianDropout(config: ["rate": 1]) }
    #expect(throws: ConfigError.self) { try StochasticDepth(config: ["drop_path_rate": 1]) }
    #expect(try GaussianNoise(config: ["sigma": 0.5]) == GaussianNoise(standardDeviation: 0.5))
  }
}
