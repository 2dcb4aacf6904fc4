import CKernels
public import Tensors

/// Pools over all pixels of an image: `[batch, height, width, channels]` to `[batch, channels]`.
extension Device {
  public func globalAveragePooling(_ image: Tensor) -> Tensor {
    let (batch, pixels, channels) = globalExtents(image)
    return reading(image) { image in
      making([batch, channels]) {
        globalAveragePooling(image, count: batch, pixels: pixels, channels: channels, into: $0)
      }
    }
  }

  /// The same for `count` images that lie in memory one after the other.
  package func globalAveragePooling(_ image: Source, count: Int, pixels: Int, channels: Int, into target: Target) {
    forEach(count) { n in
      let to = unsafe target.address + n * channels
      unsafe kernels.table.column_sums(pixels, channels, image.address + n * pixels * channels, to)
      unsafe kernels.table.scale(channels, 1 / Float(pixels), to, to)
    }
  }

  /// - Parameter inputShape: the images' shape, with the batch.
  public func globalAveragePoolingGradient(_ dOutput: Tensor, inputShape: Shape) -> Tensor {
    precondition(
      inputShape.rank == 4 && dOutput.shape == [inputShape[0], inputShape[3]],
      "a gradient of shape \(dOutput.shape) for images of shape \(inputShape)")
    let (pixels, channels) = (inputShape[1] * inputShape[2], inputShape[3])
    return reading(dOutput) { gradient in
      making(inputShape) { target in
        forEach(inputShape[0]) { n in
          let first = unsafe target.address + n * pixels * channels
          unsafe kernels.table.scale(channels, 1 / Float(pixels), gradient.address + n * channels, first)
          for pixel in 1..<max(1, pixels) { unsafe (first + pixel * channels).update(from: first, count: channels) }
        }
      }
    }
  }

  public func globalMaxPooling(_ image: Tensor) -> Tensor {
    let (batch, pixels, channels) = globalExtents(image)
    return reading(image) { image in
      making([batch, channels]) { target in
        forEach(batch) { n in
          unsafe kernels.table.column_maxima(
            pixels, channels, image.address + n * pixels * channels, target.address + n * channels)
        }
      }
    }
  }

  /// Pixels that share the maximum share the gradient, as in TensorFlow.
  public func globalMaxPoolingGradient(_ dOutput: Tensor, input: Tensor, output: Tensor) -> Tensor {
    let (batch, pixels, channels) = globalExtents(input)
    precondition(
      dOutput.shape == [batch, channels] && output.shape == dOutput.shape,
      "a gradient of shape \(dOutput.shape) and an output of \(output.shape) for images of shape \(input.shape)")
    return reading(dOutput, input, output) { gradient, image, output in
      making(input.shape) { target in
        forEach(batch) { n in
          unsafe kernels.table.column_maxima_gradient(
            pixels, channels, image.address + n * pixels * channels, output.address + n * channels,
            gradient.address + n * channels, target.address + n * pixels * channels)
        }
      }
    }
  }

  private func globalExtents(_ image: Tensor) -> (batch: Int, pixels: Int, channels: Int) {
    precondition(
      image.shape.rank == 4 && image.shape[1] * image.shape[2] > 0, "no images to pool: \(image.shape)")
    return (image.shape[0], image.shape[1] * image.shape[2], image.shape[3])
  }
}
