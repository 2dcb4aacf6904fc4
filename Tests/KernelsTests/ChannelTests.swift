import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct ChannelTests {
  static let shapes: [Shape] = [
    [1, 1], [5, 3], [2, 3, 4, 21], [3, 40, 41, 16], [1000, 70], [30, 2049], [70_000, 1],
  ]

  @Test("Sums, products and moments of channels are what plain loops say", arguments: shapes)
  func matchesReference(_ shape: Shape) {
    // A mean far from zero: the textbook formula E[x²] - E[x]² would lose every digit of the variance.
    let x = Tensor(shape, random(shape, "x").elements.map { $0 + 100 })
    let (y, scale, shift) = (random(shape, "y"), random([shape[-1]], "scale"), random([shape[-1]], "shift"))
    let (a, b, channels) = (x.elements.map(Double.init), y.elements.map(Double.init), shape[-1])
    let rows = Double(x.count / channels)
    var (sums, products, squares) = (
      DoubleTensor(zeros: [channels]), DoubleTensor(zeros: [channels]), DoubleTensor(zeros: [channels])
    )
    for index in a.indices {
      sums.elements[index % channels] += a[index]
      products.elements[index % channels] += a[index] * b[index]
    }
    let mean = sums.map { $0 / rows }
    for index in a.indices {
      let distance = a[index] - mean.elements[index % channels]
      squares.elements[index % channels] += distance * distance
    }
    let scaled = DoubleTensor(
      shape,
      b.indices.map { b[$0] * Double(scale.elements[$0 % channels]) + Double(shift.elements[$0 % channels]) })
    for kernels in KernelSet.available {
      let results = devices(kernels).map { device in
        let moments = device.channelMoments(x)
        return [
          device.channelSums(x), device.channelSumsOfProducts(x, y), moments.mean, moments.variance,
          device.scaleAndShift(y, scale: scale, shift: shift),
        ]
      }
      let found = [
        Closeness.difference(results[0][0], from: sums, within: 2e-6, of: "sums"),
        Closeness.difference(results[0][1], from: products, within: 1e-5, scale: rows, of: "products"),
        Closeness.difference(results[0][2], from: mean, within: 1e-6, of: "mean"),
        Closeness.difference(
          results[0][3], from: squares.map { $0 / rows }, within: 1e-5, of: "variance"),
        Closeness.difference(results[0][4], from: scaled, within: 1e-6, of: "scaled"),
      ]
      #expect(found.compactMap { $0 } == [], "\(kernels)")
      #expect(results.allSatisfy { $0 == results[0] }, "threads change \(kernels)")
    }
  }
}
