import JSON
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

/// Windows that leave borders over, overlap, reach past the image, or tile it.
struct PoolingCase: Sendable, CustomTestStringConvertible {
  var image: Shape
  var size: Size
  var strides: Size
  var padding: Padding

  var testDescription: String { "\(size) by \(strides), \(padding) over \(image)" }

  static let all = [
    PoolingCase(image: [6, 8, 3], size: Size(2, 2), strides: Size(2, 2), padding: .valid),
    PoolingCase(image: [7, 7, 5], size: Size(3, 3), strides: Size(2, 2), padding: .valid),
    PoolingCase(image: [7, 6, 17], size: Size(3, 2), strides: Size(2, 1), padding: .same),
    PoolingCase(image: [5, 9, 2], size: Size(2, 2), strides: Size(2, 2), padding: .same),
    PoolingCase(image: [4, 4, 33], size: Size(3, 3), strides: Size(1, 1), padding: .same),
    PoolingCase(image: [2, 2, 4], size: Size(5, 5), strides: Size(3, 3), padding: .same),
  ]

  /// `combine` of the pixels of every window that lie inside the image.
  func pooled(_ x: DoubleTensor, _ combine: ([Double]) -> Double) -> DoubleTensor {
    let (rows, top) = layout(x.shape[1], size.height, strides.height)
    let (columns, left) = layout(x.shape[2], size.width, strides.width)
    return DoubleTensor([x.shape[0], rows, columns, x.shape[3]]) { index in
      var seen: [Double] = []
      for k in 0..<size.height {
        for l in 0..<size.width {
          let row = index[1] * strides.height + k - top
          let column = index[2] * strides.width + l - left
          guard (0..<x.shape[1]).contains(row), (0..<x.shape[2]).contains(column) else { continue }
          seen.append(x[index[0], row, column, index[3]])
        }
      }
      return combine(seen)
    }
  }

  /// The number of windows along an axis and how far the first one reaches out of the image, as TensorFlow documents them.
  private func layout(_ extent: Int, _ window: Int, _ stride: Int) -> (count: Int, before: Int) {
    switch padding {
    case .valid: return ((extent - window + stride) / stride, 0)
    case .same:
      let count = Int((Double(extent) / Double(stride)).rounded(.up))
      return (count, max(0, (count - 1) * stride + window - extent) / 2)
    }
  }
}

@Suite("Pooling")
struct PoolingTests {
  @Test("Max pooling matches plain loops, forward and backward", arguments: KernelSet.available, PoolingCase.all)
  func maximum(_ kernels: KernelSet, _ pooling: PoolingCase) {
    let layer = MaxPooling2D(poolSize: pooling.size, strides: pooling.strides, padding: pooling.padding)
    let check = GradientCheck(layer, inputShapes: [pooling.image]) { inputs, _ in
      pooling.pooled(inputs[0]) { $0.reduce(-.infinity, max) }
    }
    #expect(check.differences(on: kernels) == [])
  }

  @Test("Average pooling counts only pixels of the image", arguments: KernelSet.available, PoolingCase.all)
  func average(_ kernels: KernelSet, _ pooling: PoolingCase) {
    let layer = AveragePooling2D(poolSize: pooling.size, strides: pooling.strides, padding: pooling.padding)
    let check = GradientCheck(layer, inputShapes: [pooling.image]) { inputs, _ in
      pooling.pooled(inputs[0]) { $0.reduce(0, +) / Double($0.count) }
    }
    #expect(check.differences(on: kernels) == [])
  }

  @Test("Global pooling matches plain loops", arguments: KernelSet.available, [false, true])
  func global(_ kernels: KernelSet, _ keepsDimensions: Bool) {
    func pooled(_ x: DoubleTensor, _ combine: ([Double]) -> Double) -> DoubleTensor {
      let (batch, channels) = (x.shape[0], x.shape[3])
      let shape: Shape = keepsDimensions ? [batch, 1, 1, channels] : [batch, channels]
      return DoubleTensor(shape) { index in
        var seen: [Double] = []
        for row in 0..<x.shape[1] {
          for column in 0..<x.shape[2] { seen.append(x[index[0], row, column, index[index.count - 1]]) }
        }
        return combine(seen)
      }
    }
    let mean = GlobalAveragePooling2D(keepsDimensions: keepsDimensions)
    let meanCheck = GradientCheck(mean, inputShapes: [[5, 7, 19]]) { inputs, _ in
      pooled(inputs[0]) { $0.reduce(0, +) / Double($0.count) }
    }
    #expect(meanCheck.differences(on: kernels) == [])
    let largest = GlobalMaxPooling2D(keepsDimensions: keepsDimensions)
    let largestCheck = GradientCheck(largest, inputShapes: [[5, 7, 19]]) { inputs, _ in
      pooled(inputs[0]) { $0.reduce(-.infinity, max) }
    }
    #expect(largestCheck.differences(on: kernels) == [])
  }

  @Test("A window larger than the image is an error that says what to do")
  func windowTooLarge() {
    let error = #expect(throws: ShapeError.self) { try MaxPooling2D(poolSize: Size(3, 3)).outputShape(for: [2, 8, 1]) }
    #expect(error?.message.contains("does not fit") == true)
    #expect(throws: ShapeError.self) { try AveragePooling2D().outputShape(for: [8]) }
  }

  @Test("Keras' settings are read and written, unknown ones refused")
  func settings() throws {
    let layer = try MaxPooling2D(config: ["name": "pool1", "pool_size": [3, 3], "strides": [2, 2], "padding": "same"])
    #expect(layer == MaxPooling2D(poolSize: Size(3, 3), strides: Size(2, 2), padding: .same))
    #expect(try MaxPooling2D(config: ["pool_size": 3]).strides == Size(3, 3))
    #expect(try AveragePooling2D(config: ["border_mode": "same"]).padding == .same)
    #expect(try GlobalAveragePooling2D(config: ["keepdims": true]).keepsDimensions)
    #expect(throws: ConfigError.self) { try MaxPooling2D(config: ["poolsize": 3]) }
    #expect(throws: ConfigError.self) { try MaxPooling2D(config: ["data_format": "channels_first"]) }
  }
}
