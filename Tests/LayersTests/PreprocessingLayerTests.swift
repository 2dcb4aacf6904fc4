import JSON
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Rescaling and normalisation")
struct PreprocessingLayerTests {
  @Test("Rescaling multiplies and adds", arguments: KernelSet.available)
  func rescaling(_ kernels: KernelSet) {
    let scalar = GradientCheck(Rescaling(scale: 1 / 127.5, offset: -1), inputShapes: [[3, 4, 3]]) { inputs, _ in
      inputs[0].map { $0 * Double(Float(1 / 127.5)) - 1 }
    }
    #expect(scalar.differences(on: kernels) == [])
    let scale: [Float] = [0.5, -2, 3]
    let perChannel = GradientCheck(Rescaling(scale: scale, offset: [1]), inputShapes: [[3, 4, 3]]) { inputs, _ in
      DoubleTensor(inputs[0].shape) { inputs[0][$0] * Double(scale[$0[3]]) + 1 }
    }
    #expect(perChannel.differences(on: kernels) == [])
  }

  @Test("Normalisation by its own statistics, and back", arguments: KernelSet.available, [false, true])
  func normalization(_ kernels: KernelSet, _ isInverted: Bool) {
    let check = GradientCheck(Normalization(isInverted: isInverted), inputShapes: [[3, 4, 5]]) { inputs, parameters in
      DoubleTensor(inputs[0].shape) { index in
        let mean = parameters[0][index[3]]
        let deviation = parameters[1][index[3]].squareRoot()
        return isInverted ? inputs[0][index] * deviation + mean : (inputs[0][index] - mean) / deviation
      }
    }
    #expect(check.differences(on: kernels) == [])
  }

  @Test("Normalisation by constants of the configuration has no parameters", arguments: KernelSet.available)
  func constants(_ kernels: KernelSet) {
    let layer = Normalization(constants: .init(mean: [0.5, 1, 2], variance: [0.25]))
    #expect(layer.parameterSpecs(for: [2, 2, 3]).isEmpty)
    let check = GradientCheck(layer, inputShapes: [[2, 2, 3]]) { inputs, _ in
      DoubleTensor(inputs[0].shape) { (inputs[0][$0] - [0.5, 1, 2][$0[3]]) / 0.5 }
    }
    #expect(check.differences(on: kernels) == [])
  }

  @Test("The parameters stand in Keras' order, and no optimiser may move them")
  func parameters() {
    let specs = Normalization().parameterSpecs(for: [8, 8, 3])
    #expect(specs.map(\.name) == ["mean", "variance", "count"])
    #expect(specs.map(\.shape) == [[3], [3], []])
    #expect(specs.allSatisfy { $0.role == .statistic })
    #expect(Normalization(axis: .none).parameterSpecs(for: [8, 8, 3]).map(\.shape) == [[], [], []])
  }

  @Test("Keras' settings are read and written")
  func settings() throws {
    let lists: JSONValue = ["scale": [0.1, 0.2, 0.3], "offset": [1, 2, 3]]
    let layer = try Rescaling(config: lists)
    #expect(layer == Rescaling(scale: [0.1, 0.2, 0.3], offset: [1, 2, 3]))
    #expect(try Rescaling(config: layer.config) == layer)
    let wrapped: JSONValue = [
      "axis": [-1], "invert": false, "mean": ["class_name": "__numpy__", "config": ["value": [[[[1, 2]]]]]],
      "variance": [4, 9],
    ]
    let normalization = try Normalization(config: wrapped)
    #expect(normalization.constants == .init(mean: [1, 2], variance: [4, 9]))
    #expect(try Normalization(config: normalization.config) == normalization)
    #expect(try Normalization(config: ["axis": nil]).axis == .none)
    #expect(try Normalization(config: ["axis": []]).axis == .none)
    let lastAxis = try Normalization(config: ["axis": 3]).outputShape(for: [4, 4, 2])
    #expect(lastAxis == [4, 4, 2])
    #expect(throws: ShapeError.self) { try Normalization(config: ["axis": 1]).outputShape(for: [4, 4, 2]) }
    #expect(throws: ShapeError.self) { try layer.outputShape(for: [4, 4, 2]) }
    #expect(throws: ConfigError.self) { try Normalization(config: ["mean": 1]) }
    #expect(throws: ConfigError.self) { try Rescaling(config: ["offset": 1]) }
  }
}
