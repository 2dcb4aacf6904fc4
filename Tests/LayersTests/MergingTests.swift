import JSON
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

/// Shapes that meet in a merging layer.
struct MergingCase: Sendable, CustomTestStringConvertible {
  var inputs: [Shape]
  var output: Shape

  var testDescription: String { inputs.map(\.description).joined(separator: " with ") }

  static let all = [
    MergingCase(inputs: [[3, 4, 5], [3, 4, 5]], output: [3, 4, 5]),
    MergingCase(inputs: [[37], [37], [37]], output: [37]),
    MergingCase(inputs: [[3, 4, 20], [1, 1, 20]], output: [3, 4, 20]),  // squeeze and excitation
    MergingCase(inputs: [[3, 4, 1], [3, 4, 20]], output: [3, 4, 20]),  // attention over places
    MergingCase(inputs: [[3, 1, 5], [1, 4, 5]], output: [3, 4, 5]),
    MergingCase(inputs: [[3, 4, 5], [5], [1, 1, 1]], output: [3, 4, 5]),
  ]

  /// `combine` of all inputs at every place of the output.
  func merged(_ inputs: [DoubleTensor], _ combine: ([Double]) -> Double) -> DoubleTensor {
    DoubleTensor(output.batched(inputs[0].shape[0])) { index in
      combine(
        inputs.map { input in
          // The last axes of the output, each cut to the one place there is where the input is 1 wide.
          let rank = input.shape.rank - 1
          let place = zip(index.suffix(rank), input.shape.sample.dimensions).map { $1 == 1 ? 0 : $0 }
          return input[[index[0]] + place]
        })
    }
  }
}

@Suite("Merging layers")
struct MergingTests {
  /// Every layer with what it does to numbers.
  private static let operations: [(layer: any MergingLayer, combine: @Sendable ([Double]) -> Double)] = [
    (Add(), { $0.reduce(0, +) }),
    (Multiply(), { $0.reduce(1, *) }),
    (Average(), { $0.reduce(0, +) / Double($0.count) }),
    (Maximum(), { $0.reduce(-.infinity, max) }),
    (Minimum(), { $0.reduce(.infinity, min) }),
    (Subtract(), { $0[0] - $0[1] }),
  ]

  @Test("Inputs are joined element by element, repeated where they are 1 wide", arguments: MergingCase.all)
  func merging(_ merging: MergingCase) {
    for (layer, combine) in Self.operations where !(layer is Subtract) || merging.inputs.count == 2 {
      let check = GradientCheck(layer, inputShapes: merging.inputs) { inputs, _ in merging.merged(inputs, combine) }
      for kernels in KernelSet.available { #expect(check.differences(on: kernels) == [], "\(layer.kind)") }
    }
  }

  @Test("Of equal inputs the first receives the gradient")
  func ties() {
    let context = Context(
      needs: .inputs, mode: .training, random: RandomKey(seed: 1), sampleIDs: [0], device: Device(threads: 1))
    let one = Tensor([1, 2], [1, 1])
    for layer in [Maximum(), Minimum()] as [any MergingLayer] {
      let gradients = layer.evaluate([one, one, one], [], in: context).pullback(Tensor([1, 2], [5, 6]))
      #expect(gradients.inputs.map { $0?.elements } == [[5, 6], [0, 0], [0, 0]])
    }
  }

  @Test("Concatenation along every axis but the batch", arguments: [1, 2, 3, -1, -2, -3], KernelSet.available)
  func concatenation(_ axis: Int, _ kernels: KernelSet) {
    let position = axis < 0 ? axis + 4 : axis
    let extents = [2, 1, 3]
    let shapes = extents.map { extent in
      Shape((1...3).map { $0 == position ? extent : [0, 3, 4, 5][$0] })
    }
    let check = GradientCheck(Concatenate(axis: axis), inputShapes: shapes) { inputs, _ in
      var shape = inputs[0].shape.dimensions
      shape[position] = 6
      return DoubleTensor(Shape(shape)) { index in
        var index = index
        for input in inputs {
          if index[position] < input.shape[position] { return input[index] }
          index[position] -= input.shape[position]
        }
        return .nan
      }
    }
    #expect(check.differences(on: kernels) == [])
  }

  @Test("Inputs that do not fit are errors")
  func misfits() {
    #expect(throws: ShapeError.self) { try Add().outputShape(for: [[3, 4, 5], [3, 4, 6]]) }
    #expect(throws: ShapeError.self) { try Add().outputShape(for: []) }
    #expect(throws: ShapeError.self) { try Subtract().outputShape(for: [[3], [3], [3]]) }
    #expect(throws: ShapeError.self) { try Concatenate().outputShape(for: [[3, 4, 5], [4, 4, 5]]) }
    #expect(throws: ShapeError.self) { try Concatenate(axis: 5).outputShape(for: [[3, 4, 5], [3, 4, 5]]) }
    #expect(throws: ConfigError.self) { try Concatenate(config: ["axis": 0]) }
    #expect(throws: ConfigError.self) { try Add(config: ["axis": 1]) }
  }
}
