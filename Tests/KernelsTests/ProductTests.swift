import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct ProductTests {
  /// Rows, depth, columns.
  static let sizes: [[Int]] = [
    [1, 1, 1], [1, 7, 3], [5, 1, 40], [14, 32, 32], [15, 33, 31], [49, 520, 65], [113, 3, 17], [230, 1030, 5],
    [2, 40, 700], [3000, 12, 10], [3, 1030, 261], [17, 511, 515],
  ]

  @Test("A product is what plain loops say, however its operands are stored", arguments: sizes)
  func matchesReference(_ size: [Int]) {
    let (rows, depth, columns) = (size[0], size[1], size[2])
    let (a, b) = (random([rows, depth], "a"), random([depth, columns], "b"))
    let (x, y) = (a.elements.map(Double.init), b.elements.map(Double.init))
    var expected = DoubleTensor(zeros: [rows, columns])
    for i in 0..<rows {
      for k in 0..<depth {
        for j in 0..<columns { expected.elements[i * columns + j] += x[i * depth + k] * y[k * columns + j] }
      }
    }
    let (turnedA, turnedB) = (transposed(a), transposed(b))
    for kernels in KernelSet.available {
      let results = devices(kernels).map { device in
        [
          device.product(a, b), device.product(a, turnedB, transposingB: true),
          device.product(turnedA, b, transposingA: true),
          device.product(turnedA, turnedB, transposingA: true, transposingB: true),
          device.product(a, device.packed(b)), device.product(a, device.packed(turnedB, transposing: true)),
        ]
      }
      let found = results[0].compactMap { Closeness.difference($0, from: expected, within: 2e-6, of: "product") }
      #expect(found == [], "\(kernels)")
      #expect(results.allSatisfy { $0 == results[0] }, "threads change \(kernels)")
      // A large matrix is read where it lies; a packed one gives the same bits.
      #expect(results[0][0] == results[0][4] && results[0][1] == results[0][5], "packing changes \(kernels)")
    }
  }

  @Test("Bias and activation are applied to a product")
  func epilogue() {
    let (a, b, bias) = (random([3, 20], "a"), random([20, 19], "b"), random([19], "bias"))
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 1)
      let plain = device.product(a, b).elements
      let expected = DoubleTensor(
        [3, 19], plain.indices.map { max(0, Double(plain[$0]) + Double(bias.elements[$0 % 19])) })
      let output = device.product(a, b, epilogue: Epilogue(bias: bias, activation: .relu))
      #expect(Closeness.difference(output, from: expected, within: 1e-6, of: "dense") == nil)
    }
  }

  private func transposed(_ a: Tensor) -> Tensor {
    let (rows, columns, elements) = (a.shape[0], a.shape[1], a.elements)
    return Tensor([columns, rows], (0..<a.count).map { elements[$0 % rows * columns + $0 / rows] })
  }
}
