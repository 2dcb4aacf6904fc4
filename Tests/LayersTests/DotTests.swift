import JSON
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Dot")
struct DotTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var inputs: [Shape]
    var axes: [Int]
    var output: Shape

    var testDescription: String { "\(inputs) along \(axes)" }

    static let all = [
      Case(inputs: [[5], [5]], axes: [1, 1], output: [1]),
      Case(inputs: [[1], [1]], axes: [-1, -1], output: [1]),
      Case(inputs: [[3, 4], [4, 5]], axes: [2, 1], output: [3, 5]),  // a product of matrices
      Case(inputs: [[3, 4], [5, 4]], axes: [-1, -1], output: [3, 5]),
      Case(inputs: [[4, 3], [4]], axes: [1, 1], output: [3]),
      Case(inputs: [[2, 4, 3], [5, 4]], axes: [2, 2], output: [2, 3, 5]),
    ]
  }

  @Test("Sums products along an axis of each, and so do its gradients", arguments: Case.all, [false, true])
  func products(_ c: Case, _ normalizes: Bool) throws {
    let layer = Dot(axes: c.axes, normalizes: normalizes)
    #expect(try layer.outputShape(for: c.inputs) == c.output)
    let check = GradientCheck(layer, inputShapes: c.inputs) { inputs, _ in
      let places = zip(inputs, c.axes).map { $1 < 0 ? $1 + $0.shape.rank : $1 }
      let depth = inputs[0].shape[places[0]]
      /// One row of an input along its axis.
      func row(_ which: Int, _ sample: Int, _ rest: [Int]) -> [Double] {
        let numbers = (0..<depth).map { k in
          var index = [sample] + rest
          index.insert(k, at: places[which])
          return inputs[which][index]
        }
        let norm = normalizes ? numbers.reduce(0) { $0 + $1 * $1 }.squareRoot() : 1
        return numbers.map { $0 / norm }
      }
      let firstRank = inputs[0].shape.rank - 2
      return DoubleTensor(c.output.batched(2)) { index in
        let rest = firstRank + inputs[1].shape.rank - 2 == 0 ? [] : Array(index.dropFirst())
        let a = row(0, index[0], Array(rest.prefix(firstRank)))
        return zip(a, row(1, index[0], Array(rest.dropFirst(firstRank)))).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
    for kernels in KernelSet.available { #expect(check.differences(on: kernels) == []) }
  }

  @Test("Two vectors make a cosine; rows of zeros do not divide by zero")
  func cosine() {
    let dot = Dot(axes: [1, 1], normalizes: true)
    let device = Device(threads: 1)
    let values = dot([Tensor([2, 2], [3, 4, 0, 0]), Tensor([2, 2], [4, 3, 1, 2])], [], on: device).elements
    #expect(abs(values[0] - 24 / 25) < 1e-6)
    #expect(values[1] == 0)
  }

  @Test("Inputs and settings that do not fit are errors")
  func misfits() {
    #expect(throws: ShapeError.self) { try Dot(axes: [1, 1]).outputShape(for: [[3], [4]]) }
    #expect(throws: ShapeError.self) { try Dot(axes: [3, 1]).outputShape(for: [[3], [3]]) }
    #expect(throws: ShapeError.self) { try Dot(axes: [1, 1]).outputShape(for: [[3]]) }
    for axes in [nil, 0, [1], [1, 0], "x"] as [JSONValue] {
      #expect(throws: ConfigError.self) { try Dot(config: ["axes": axes]) }
    }
    #expect(throws: ConfigError.self) { try Dot(config: [:]) }
  }
}
