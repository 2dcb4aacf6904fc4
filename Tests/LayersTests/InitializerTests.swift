import JSON
import Layers
import Tensors
import Testing

@Suite("Initializers")
struct InitializerTests {
  static let all: [Initializer] = [
    .zeros, .ones, .constant(0.25), .randomNormal(mean: 1, standardDeviation: 0.5),
    .truncatedNormal(mean: 0, standardDeviation: 0.05), .randomUniform(low: -0.1, high: 0.3), .glorotUniform,
    .glorotNormal, .heUniform, .heNormal, .lecunUniform, .lecunNormal, .orthogonal(gain: 1), .identity(gain: 2),
    .varianceScaling(scale: 3, mode: .fanOut, distribution: .untruncatedNormal),
  ]

  @Test("A configuration reads back the same", arguments: all)
  func roundTrip(_ initializer: Initializer) throws {
    #expect(try Initializer(config: initializer.config) == initializer)
  }

  /// By Keras' documentation: Glorot 2 / (in + out), He 2 / in, LeCun 1 / in; a 3×3 kernel of 64 → 32 channels has fans 576
  /// and 288.
  static let promised: [(initializer: Initializer, variance: Double)] = [
    (.glorotUniform, 0.002_314_8), (.glorotNormal, 0.002_314_8), (.heUniform, 0.003_472_2), (.heNormal, 0.003_472_2),
    (.lecunUniform, 0.001_736_1), (.lecunNormal, 0.001_736_1), (.randomUniform(low: -1, high: 1), 0.333_333),
    (.randomNormal(mean: 0, standardDeviation: 2), 4),
    (.varianceScaling(scale: 3, mode: .fanOut, distribution: .untruncatedNormal), 0.010_416_7),
  ]

  @Test("Numbers have the variance that the method promises, and mean 0", arguments: promised)
  func variances(_ initializer: Initializer, _ variance: Double) {
    let numbers = initializer.tensor([3, 3, 64, 32], RandomKey(seed: 1)).elements.map(Double.init)
    let mean = numbers.reduce(0, +) / Double(numbers.count)
    let found = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)
    #expect(abs(found / variance - 1) < 0.04)
    #expect(abs(mean) < 4 * (variance / Double(numbers.count)).squareRoot())
  }

  @Test(
    "Orthogonal kernels have orthonormal columns, or rows where there are fewer",
    arguments: [[3, 3, 4, 8], [2, 2, 2, 20]])
  func orthogonal(_ extents: [Int]) {
    let columns = extents[3]
    let rows = extents[0] * extents[1] * extents[2]
    let matrix = Initializer.orthogonal(gain: 1).tensor(Shape(extents), RandomKey(seed: 2)).elements.map(Double.init)
    let count = min(rows, columns)
    for i in 0..<count {
      for j in 0..<count {
        let product =
          rows >= columns
          ? (0..<rows).reduce(0.0) { $0 + matrix[$1 * columns + i] * matrix[$1 * columns + j] }
          : (0..<columns).reduce(0.0) { $0 + matrix[i * columns + $1] * matrix[j * columns + $1] }
        #expect(abs(product - (i == j ? 1 : 0)) < 1e-6)
      }
    }
  }

  @Test("The same key gives the same numbers, another key others")
  func keys() {
    let first = Initializer.heNormal.tensor([5, 5], RandomKey(seed: 1))
    #expect(first == Initializer.heNormal.tensor([5, 5], RandomKey(seed: 1)))
    #expect(first != Initializer.heNormal.tensor([5, 5], RandomKey(seed: 2)))
  }

  @Test("An unknown name is refused with what may have been meant")
  func unknown() {
    let error = #expect(throws: ConfigError.self) { try Initializer(config: "glorot_unifrom") }
    #expect(error?.message.contains("glorot_uniform") == true)
  }
}
