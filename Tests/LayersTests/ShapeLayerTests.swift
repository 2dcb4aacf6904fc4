import JSON
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Padding, cropping, flattening, reshaping")
struct ShapeLayerTests {
  private let margins = Margins(top: 0, bottom: 2, left: 3, right: 1)

  @Test("Padding surrounds with zeros", arguments: KernelSet.available)
  func padding(_ kernels: KernelSet) {
    let check = GradientCheck(ZeroPadding2D(padding: margins), inputShapes: [[4, 5, 3]]) { inputs, _ in
      DoubleTensor([inputs[0].shape[0], 6, 9, 3]) { index in
        let (row, column) = (index[1], index[2] - 3)
        let isInside = (0..<4).contains(row) && (0..<5).contains(column)
        return isInside ? inputs[0][index[0], row, column, index[3]] : 0
      }
    }
    #expect(check.differences(on: kernels) == [])
  }

  @Test("Cropping takes away", arguments: KernelSet.available)
  func cropping(_ kernels: KernelSet) {
    let check = GradientCheck(Cropping2D(cropping: margins), inputShapes: [[4, 6, 3]]) { inputs, _ in
      DoubleTensor([inputs[0].shape[0], 2, 2, 3]) { inputs[0][$0[0], $0[1], $0[2] + 3, $0[3]] }
    }
    #expect(check.differences(on: kernels) == [])
  }

  @Test("Flattening and reshaping keep the order", arguments: KernelSet.available)
  func reshaping(_ kernels: KernelSet) {
    let flat = GradientCheck(Flatten(), inputShapes: [[2, 3, 4]]) { inputs, _ in
      inputs[0].reshaped(to: [inputs[0].shape[0], 24])
    }
    #expect(flat.differences(on: kernels) == [])
    let open = GradientCheck(Reshape(targetShape: [4, -1]), inputShapes: [[2, 3, 4]]) { inputs, _ in
      inputs[0].reshaped(to: [inputs[0].shape[0], 4, 6])
    }
    #expect(open.differences(on: kernels) == [])
  }

  @Test("All of Keras' ways to write margins are read")
  func readingMargins() throws {
    let two = ZeroPadding2D(padding: Margins(2))
    #expect(try ZeroPadding2D(config: ["padding": 2]) == two)
    #expect(try ZeroPadding2D(config: ["padding": [2, 2]]) == two)
    #expect(try ZeroPadding2D(config: ["padding": [[2, 2], [2, 2]]]) == two)
    let uneven = ZeroPadding2D(padding: Margins(top: 0, bottom: 1, left: 2, right: 3))
    #expect(try ZeroPadding2D(config: ["padding": [[0, 1], [2, 3]]]) == uneven)
    #expect(try ZeroPadding2D(config: uneven.config) == uneven)
    #expect(try Cropping2D(config: ["cropping": [1, 2]]).cropping == Margins(top: 1, bottom: 1, left: 2, right: 2))
    #expect(throws: ConfigError.self) { try ZeroPadding2D(config: ["padding": -1]) }
    #expect(throws: ConfigError.self) { try ZeroPadding2D(config: ["padding": [1, 2, 3]]) }
  }

  @Test("Shapes that cannot be made are errors")
  func impossibleShapes() {
    #expect(throws: ShapeError.self) { try Cropping2D(cropping: Margins(2)).outputShape(for: [4, 8, 1]) }
    #expect(throws: ShapeError.self) { try Reshape(targetShape: [5, -1]).outputShape(for: [2, 3, 4]) }
    #expect(throws: ShapeError.self) { try Reshape(targetShape: [5, 5]).outputShape(for: [2, 3, 4]) }
    #expect(throws: ConfigError.self) { try Reshape(config: ["target_shape": [-1, -1]]) }
    #expect(throws: ConfigError.self) { try Reshape(config: ["target_shape": [2, "x"]]) }
  }
}
