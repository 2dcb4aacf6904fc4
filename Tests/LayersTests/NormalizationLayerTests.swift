import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Layer and group normalisation, layer scale")
struct NormalizationLayerTests {
  /// Normalises the numbers that share a key.
  private static func normalized(_ x: DoubleTensor, epsilon: Double, _ key: ([Int]) -> [Int]) -> DoubleTensor {
    var groups: [[Int]: [Double]] = [:]
    for index in x.indices { groups[key(index), default: []].append(x[index]) }
    let moments = groups.mapValues { numbers in
      let mean = numbers.reduce(0, +) / Double(numbers.count)
      return (mean, numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count))
    }
    return DoubleTensor(x.shape) { index in
      guard let (mean, variance) = moments[key(index)] else { return .nan }
      return (x[index] - mean) / (variance + epsilon).squareRoot()
    }
  }

  @Test("Layer normalisation over the channels", arguments: KernelSet.available)
  func layer(_ kernels: KernelSet) {
    for channels in [1, 3, 16, 37] {
      let check = GradientCheck(
        LayerNormalization(epsilon: 0.01), inputShapes: [[2, 3, channels]], tolerance: 1e-5
      ) { inputs, parameters in
        let normal = Self.normalized(inputs[0], epsilon: 0.01) { Array($0.dropLast()) }
        return DoubleTensor(normal.shape) { parameters[0][$0[3]] * normal[$0] + parameters[1][$0[3]] }
      }
      #expect(check.differences(on: kernels) == [])
    }
  }

  @Test("Layer normalisation over several axes, without gamma", arguments: KernelSet.available)
  func severalAxes(_ kernels: KernelSet) throws {
    let layer = LayerNormalization(axes: [-2, -1], epsilon: 0.01, scale: false)
    let check = GradientCheck(layer, inputShapes: [[2, 3, 5]], tolerance: 1e-5) { inputs, parameters in
      let normal = Self.normalized(inputs[0], epsilon: 0.01) { Array($0.prefix(2)) }
      return DoubleTensor(normal.shape) { normal[$0] + parameters[0][$0[2], $0[3]] }
    }
    #expect(check.differences(on: kernels) == [])
    #expect(throws: ShapeError.self) { try LayerNormalization(axes: [1]).outputShape(for: [2, 3, 5]) }
    #expect(throws: ShapeError.self) { try LayerNormalization(axes: [0]).outputShape(for: [2]) }
  }

  @Test("Group normalisation", arguments: KernelSet.available, [1, 2, 3, 6, -1])
  func groups(_ kernels: KernelSet, _ groups: Int) throws {
    let size = groups == -1 ? 1 : 6 / groups
    let layer = GroupNormalization(groups: groups, epsilon: 0.01)
    let check = GradientCheck(layer, inputShapes: [[3, 2, 6]], tolerance: 1e-5) { inputs, parameters in
      let normal = Self.normalized(inputs[0], epsilon: 0.01) { [$0[0], $0[3] / size] }
      return DoubleTensor(normal.shape) { parameters[0][$0[3]] * normal[$0] + parameters[1][$0[3]] }
    }
    #expect(check.differences(on: kernels) == [])
    #expect(throws: ShapeError.self) { try GroupNormalization(groups: 4).outputShape(for: [3, 2, 6]) }
  }

  @Test("Layer scale", arguments: KernelSet.available)
  func scale(_ kernels: KernelSet) {
    let check = GradientCheck(LayerScale(projectionDim: 5), inputShapes: [[2, 3, 5]]) { inputs, parameters in
      DoubleTensor(inputs[0].shape) { inputs[0][$0] * parameters[0][$0[3]] }
    }
    #expect(check.differences(on: kernels) == [])
  }

  @Test("A scaled residual", arguments: KernelSet.available)
  func scaledResidual(_ kernels: KernelSet) {
    let check = GradientCheck(CustomScaleLayer(scale: 0.25), inputShapes: [[2, 3, 5], [2, 3, 5]]) { inputs, _ in
      DoubleTensor(inputs[0].shape) { inputs[0][$0] + 0.25 * inputs[1][$0] }
    }
    #expect(check.differences(on: kernels) == [])
  }
}
