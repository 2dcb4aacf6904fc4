import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct ElementwiseTests {
  static let shapes: [(Shape, Shape)] = [
    ([1], [1]), ([2, 3, 5, 19], [2, 3, 5, 19]), ([2, 3, 5, 19], [2, 1, 1, 19]), ([2, 3, 5, 19], [19]),
    ([2, 3, 4, 6], [2, 3, 4, 1]), ([2, 3, 4, 1], [2, 3, 4, 6]), ([2, 1, 1, 6], [2, 3, 4, 6]), ([5], [3, 5]),
    ([3, 1, 2], [1, 4, 1]), ([3, 4], []), ([], [3, 4]), ([2, 1], [2, 1]), ([4000, 40], [40]),
  ]

  @Test("Sums, differences, products and maxima broadcast as Keras does", arguments: shapes.indices)
  func binary(_ index: Int) {
    let (left, right) = Self.shapes[index]
    let (x, y) = (random(left, "x"), random(right, "y"))
    let shape = Device.broadcastShape(left, right)
    func expected(_ operation: (Double, Double) -> Double) -> DoubleTensor {
      let (a, b) = (DoubleTensor(x), DoubleTensor(y))
      func element(_ t: DoubleTensor, _ index: [Int]) -> Double {
        t[zip(index.suffix(t.shape.rank), t.shape.dimensions).map { $1 == 1 ? 0 : $0 }]
      }
      return DoubleTensor(shape) { operation(element(a, $0), element(b, $0)) }
    }
    let references = [expected(+), expected(-), expected(*), expected { Swift.max($0, $1) }]
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2)
      let results = [device.add(x, y), device.subtract(x, y), device.multiply(x, y), device.maximum(x, y)]
      let found = zip(results, references).compactMap { Closeness.difference($0, from: $1, within: 1e-7, of: "result") }
      #expect(found == [], "\(kernels): \(left) and \(right)")
    }
  }

  @Test("Scaling and adding in place leave other copies alone")
  func inPlace() {
    let (x, y) = (random([3, 7], "x"), random([3, 7], "y"))
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2)
      var sum = y
      device.add(x, scaledBy: -0.5, to: &sum)
      let expected = DoubleTensor([3, 7], zip(x.elements, y.elements).map { Double($1) - 0.5 * Double($0) })
      #expect(Closeness.difference(sum, from: expected, within: 1e-7, of: "sum") == nil)
      #expect(y == random([3, 7], "y"))
      #expect(device.scaled(x, by: 2).elements == x.elements.map { $0 * 2 })
    }
  }

  @Test("A frame is put around images and taken off again")
  func frames() {
    let x = random([2, 3, 4, 5], "x")
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2)
      let framed = device.padded(x, top: 1, bottom: 2, left: 3, right: 0, value: 9)
      let image = DoubleTensor(x)
      let expected = DoubleTensor([2, 6, 7, 5]) { i in
        (1..<4).contains(i[1]) && i[2] >= 3 ? image[i[0], i[1] - 1, i[2] - 3, i[3]] : 9
      }
      #expect(Closeness.difference(framed, from: expected, within: 0, of: "framed") == nil)
      #expect(device.cropped(framed, top: 1, bottom: 2, left: 3, right: 0) == x)
    }
  }

  @Test("Tensors are joined along any axis and split again", arguments: [0, 1, 2, -1])
  func joining(_ axis: Int) {
    let position = axis < 0 ? axis + 3 : axis
    let parts = [2, 1, 4].enumerated().map { index, extent in
      var dimensions = [3, 5, 6]
      dimensions[position] = extent
      return random(Shape(dimensions), "part \(index)")
    }
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2)
      let joined = device.concatenated(parts, axis: axis)
      let sources = parts.map { DoubleTensor($0) }
      let expected = DoubleTensor(joined.shape) { index in
        var (index, part) = (index, 0)
        while index[position] >= sources[part].shape[position] {
          index[position] -= sources[part].shape[position]
          part += 1
        }
        return sources[part][index]
      }
      #expect(Closeness.difference(joined, from: expected, within: 0, of: "joined") == nil)
      #expect(device.split(joined, axis: axis, into: [2, 1, 4]) == parts)
    }
  }
}
