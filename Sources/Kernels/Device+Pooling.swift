import CKernels
public import Tensors

/// Which tap of its window each maximum came from: what the gradient of a maximum pool needs.
public struct PoolingIndices: Sendable {
  let shape: Shape
  /// 32-bit integers in a tensor's memory, never read as floats.
  let taps: Tensor
}

extension Device {
  /// The largest number in each window and channel; padding does not count.
  ///
  /// - Input: `[batch, inputHeight, inputWidth, channels]`
  /// - Output: `[batch, outputHeight, outputWidth, channels]`, and the first of the taps that have the maximum
  public func maxPooling(_ image: Tensor, _ window: Window) -> (output: Tensor, indices: PoolingIndices) {
    let shape = pooledShape(image, window)
    var output = unsafe Tensor(uninitialized: shape, in: buffers)
    let taps = making(shape) { taps in
      unsafe taps.address.withMemoryRebound(to: Int32.self, capacity: shape.elementCount) { taps in
        let taps = unsafe IndexTarget(address: taps)
        reading(image) { image in
          writing(&output) {
            maximumPool(image, count: shape[0], channels: shape[3], window, into: $0, taps)
          }
        }
      }
    }
    return (output, PoolingIndices(shape: shape, taps: taps))
  }

  /// The output of `maxPooling` alone, where no gradient will be asked for.
  public func maxPoolingOutput(_ image: Tensor, _ window: Window) -> Tensor {
    let shape = pooledShape(image, window)
    return reading(image) { image in
      making(shape) { maxPooling(image, count: shape[0], channels: shape[3], window, into: $0) }
    }
  }

  /// The same for `count` images that lie in memory one after the other.
  package func maxPooling(_ image: Source, count: Int, channels: Int, _ window: Window, into target: Target) {
    maximumPool(image, count: count, channels: channels, window, into: target, nil)
  }

  private func maximumPool(
    _ image: Source, count: Int, channels: Int, _ window: Window, into target: Target, _ taps: IndexTarget?
  ) {
    forEachLine(count, window, channels: channels) { lines in
      var windows = window.rows(pixelStride: channels, channels: channels)
      unsafe kernels.table.maximum_pool(
        &windows, image.address, target.address, taps.map { unsafe $0.address }, lines.lowerBound, lines.count)
    }
  }

  public func maxPoolingGradient(_ dOutput: Tensor, indices: PoolingIndices, _ window: Window) -> Tensor {
    checkOutputGradient(dOutput, window, channels: dOutput.shape[-1])
    precondition(indices.shape == dOutput.shape, "indices of shape \(indices.shape) for a gradient of \(dOutput.shape)")
    let shape: Shape = [dOutput.shape[0], window.inputHeight, window.inputWidth, dOutput.shape[3]]
    return reading(dOutput, indices.taps) { gradient, taps in
      making(shape) { target in
        forEachLine(shape) { lines in
          var windows = window.rows(pixelStride: shape[3], channels: shape[3])
          unsafe taps.address.withMemoryRebound(to: Int32.self, capacity: indices.shape.elementCount) { taps in
            unsafe kernels.table.maximum_pool_gradient(
              &windows, gradient.address, taps, target.address, lines.lowerBound, lines.count)
          }
        }
      }
    }
  }

  /// The mean of each window and channel; padding does not count, as in TensorFlow.
  public func averagePooling(_ image: Tensor, _ window: Window) -> Tensor {
    let shape = pooledShape(image, window)
    return reading(image) { image in
      making(shape) { averagePooling(image, count: shape[0], channels: shape[3], window, into: $0) }
    }
  }

  /// The same for `count` images that lie in memory one after the other.
  package func averagePooling(_ image: Source, count: Int, channels: Int, _ window: Window, into target: Target) {
    forEachLine(count, window, channels: channels) { lines in
      var windows = window.rows(pixelStride: channels, channels: channels)
      unsafe kernels.table.average_pool(&windows, image.address, target.address, lines.lowerBound, lines.count)
    }
  }

  public func averagePoolingGradient(_ dOutput: Tensor, _ window: Window) -> Tensor {
    checkOutputGradient(dOutput, window, channels: dOutput.shape[-1])
    let shape: Shape = [dOutput.shape[0], window.inputHeight, window.inputWidth, dOutput.shape[3]]
    return reading(dOutput) { gradient in
      making(shape) { target in
        forEachLine(shape) { lines in
          var windows = window.rows(pixelStride: shape[3], channels: shape[3])
          unsafe kernels.table.average_pool_gradient(
            &windows, gradient.address, target.address, lines.lowerBound, lines.count)
        }
      }
    }
  }

  private func pooledShape(_ image: Tensor, _ window: Window) -> Shape {
    checkImage(image, window, channels: image.shape[-1])
    return [image.shape[0], window.outputHeight, window.outputWidth, image.shape[3]]
  }

  /// Shares out the lines of the windows over `count` images.
  private func forEachLine(_ count: Int, _ window: Window, channels: Int, _ body: @Sendable (Range<Int>) -> Void) {
    forEachPiece(
      of: count * window.outputHeight, grain: max(1, 8192 / max(1, window.outputWidth * channels)), body)
  }

  /// Shares out the lines of a batch of images.
  func forEachLine(_ shape: Shape, _ body: @Sendable (Range<Int>) -> Void) {
    forEachPiece(of: shape[0] * shape[1], grain: max(1, 8192 / max(1, shape[2] * shape[3])), body)
  }
}

/// Memory for indices that are being made; unchecked Sendable as `Target` is.
@safe private struct IndexTarget: @unchecked Sendable {
  let address: UnsafeMutablePointer<Int32>
}
