import CKernels
public import Tensors

/// Depthwise convolutions. Kernels are Keras': `[kernelHeight, kernelWidth, channels, multiplier]`, and output channel
/// `c * multiplier + j` sees input channel `c` alone.
extension Device {
  /// - Input: `[batch, inputHeight, inputWidth, channels]`
  /// - Output: `[batch, outputHeight, outputWidth, channels * multiplier]`
  public func depthwiseConvolution(
    _ image: Tensor, _ kernel: Tensor, _ window: Window, epilogue: Epilogue = .none
  ) -> Tensor {
    checkDepthwiseKernel(kernel, window)
    checkImage(image, window, channels: kernel.shape[2])
    // With a multiplier every channel is repeated first: rare, and then every output has an input of its own.
    let image = repeatingChannels(image, kernel.shape[3])
    let channels = image.shape[3]
    let shape: Shape = [image.shape[0], window.outputHeight, window.outputWidth, channels]
    return depthwise(
      image, kernel, window.rows(pixelStride: channels, channels: channels), shape: shape, epilogue: epilogue)
  }

  private func depthwise(
    _ image: Tensor, _ kernel: Tensor, _ windows: ck_windows, shape: Shape, epilogue: Epilogue
  ) -> Tensor {
    making(shape) { target in
      epilogue.withKernelEpilogue(outputShape: shape) { epilogue in
        reading(image) { depthwise($0, count: shape[0], kernel, windows, into: target, epilogue: epilogue) }
      }
    }
  }

  /// Convolves `count` images that lie in memory one after the other, with a kernel whose multiplier is 1.
  package func depthwiseConvolution(
    _ image: Source, count: Int, _ kernel: Tensor, _ window: Window, into target: Target, epilogue: KernelEpilogue
  ) {
    depthwiseConvolution(image, count: count, kernel, window, into: target, epilogue: epilogue, made: nil)
  }

  /// The same, reporting each pixel of the output when it is made.
  func depthwiseConvolution(
    _ image: Source, count: Int, _ kernel: Tensor, _ window: Window, into target: Target, epilogue: KernelEpilogue,
    made: MadeRows?
  ) {
    precondition(kernel.shape[3] == 1, "a depthwise kernel with a multiplier: \(kernel.shape)")
    let channels = kernel.shape[2]
    depthwise(
      image, count: count, kernel, window.rows(pixelStride: channels, channels: channels), into: target,
      epilogue: epilogue, made: made)
  }

  private func depthwise(
    _ image: Source, count: Int, _ kernel: Tensor, _ windows: ck_windows, into target: Target,
    epilogue: KernelEpilogue, made: MadeRows? = nil
  ) {
    let (line, width, channels) = (windows.output_width * windows.channels, windows.output_width, windows.channels)
    reading(kernel) { kernel in
      forEachPiece(
        of: count * windows.output_height, grain: max(1, 16384 / max(1, line)), reportingTo: made, width: width,
        channels: channels
      ) { lines in
        var windows = windows
        var epilogue = unsafe epilogue.value
        unsafe kernels.table.depthwise(
          &windows, image.address, kernel.address, target.address, lines.lowerBound, lines.count, &epilogue)
      }
    }
  }

  /// The gradient with respect to the image, `[batch, inputHeight, inputWidth, channels]`.
  public func depthwiseConvolutionInputGradient(_ dOutput: Tensor, _ kernel: Tensor, _ window: Window) -> Tensor {
    checkDepthwiseKernel(kernel, window)
    let multiplier = kernel.shape[3]
    let channels = kernel.shape[2] * multiplier
    checkOutputGradient(dOutput, window, channels: channels)
    let shape: Shape = [dOutput.shape[0], window.inputHeight, window.inputWidth, channels]
    let packed = packedForInputGradient(kernel, window)
    let result = making(shape) { target in
      reading(dOutput) { depthwiseInputGradient($0, count: shape[0], packed, window, into: target) }
    }
    return summingChannels(result, multiplier)
  }

  /// The kernel as the image's gradient takes it: with stride 1, where that is a convolution, turned round.
  func packedForInputGradient(_ kernel: Tensor, _ window: Window) -> Tensor {
    let isTurned = window.strideHeight == 1 && window.strideWidth == 1
    return isTurned ? turned(kernel, channels: kernel.shape[2] * kernel.shape[3]) : kernel
  }

  /// The image's gradient for `count` images that lie in memory one after the other, with a kernel packed for it.
  func depthwiseInputGradient(
    _ dOutput: Source, count: Int, _ kernel: Tensor, _ window: Window, into target: Target, made: MadeRows? = nil
  ) {
    let channels = kernel.shape[2] * kernel.shape[3]
    if window.strideHeight == 1 && window.strideWidth == 1 {
      // The convolution of the gradient with the kernel turned round.
      let windows = ck_windows(
        height: window.outputHeight, width: window.outputWidth, pixel_stride: channels, channels: channels,
        kernel_height: window.kernelHeight, kernel_width: window.kernelWidth, stride_height: 1, stride_width: 1,
        dilation_height: window.dilationHeight, dilation_width: window.dilationWidth,
        pad_top: (window.kernelHeight - 1) * window.dilationHeight - window.padTop,
        pad_left: (window.kernelWidth - 1) * window.dilationWidth - window.padLeft,
        output_height: window.inputHeight, output_width: window.inputWidth)
      return depthwise(dOutput, count: count, kernel, windows, into: target, epilogue: KernelEpilogue(), made: made)
    }
    reading(kernel) { kernel in
      forEachPiece(
        of: count * window.inputHeight, grain: max(1, 16384 / max(1, window.inputWidth * channels)),
        reportingTo: made, width: window.inputWidth, channels: channels
      ) { lines in
        var windows = window.rows(pixelStride: channels, channels: channels)
        unsafe kernels.table.depthwise_input_gradient(
          &windows, dOutput.address, kernel.address, target.address, lines.lowerBound, lines.count)
      }
    }
  }

  /// Shares out lines of images; where somebody waits for them, in pieces that stay in cache.
  private func forEachPiece(
    of count: Int, grain: Int, reportingTo made: MadeRows?, width: Int, channels: Int,
    _ body: @Sendable (Range<Int>) -> Void
  ) {
    guard let made else { return forEachPiece(of: count, grain: grain, body) }
    let size = 4 * grain
    forEach((count + size - 1) / size) { piece in
      let lines = piece * size..<min(count, (piece + 1) * size)
      body(lines)
      made.add(lines.lowerBound * width..<lines.upperBound * width, columns: channels)
    }
  }

  /// The kernel's gradient over `count` images that lie in memory one after the other, by the calling thread.
  func depthwiseKernelGradient(
    _ image: Source, _ dOutput: Source, count: Int, _ window: Window, channels: Int, into target: Target
  ) {
    var windows = window.rows(pixelStride: channels, channels: channels)
    unsafe target.address.update(repeating: 0, count: window.tapCount * channels)
    unsafe kernels.table.depthwise_kernel_gradient(
      &windows, image.address, dOutput.address, target.address, 0, count * window.outputHeight)
  }

  /// The gradient with respect to the kernel, summed over the batch: in chunks of a fixed number of samples, and the
  /// chunks in a fixed tree.
  public func depthwiseConvolutionKernelGradient(
    _ image: Tensor, _ dOutput: Tensor, multiplier: Int = 1, _ window: Window
  ) -> Tensor {
    checkImage(image, window, channels: image.shape[-1])
    let channels = image.shape[3] * multiplier
    checkOutputGradient(dOutput, window, channels: channels)
    let batch = image.shape[0]
    precondition(batch == dOutput.shape[0], "\(batch) images and \(dOutput.shape[0]) gradients")
    let image = repeatingChannels(image, multiplier)
    let size = window.tapCount * channels
    let samples = max(1, 1024 / max(1, window.outputPixelCount))
    let chunks = max(1, (batch + samples - 1) / samples)
    var partial = Tensor(zeros: [chunks, size], in: buffers)
    writing(&partial) { target in
      reading(image, dOutput) { image, gradient in
        forEach(chunks) { chunk in
          var windows = window.rows(pixelStride: channels, channels: channels)
          let first = chunk * samples
          unsafe kernels.table.depthwise_kernel_gradient(
            &windows, image.address, gradient.address, target.address + chunk * size, first * window.outputHeight,
            (min(batch, first + samples) - first) * window.outputHeight)
        }
      }
    }
    return sumOfRows(partial, count: chunks, size: size)
      .reshaped(to: [window.kernelHeight, window.kernelWidth, image.shape[3] / multiplier, multiplier])
  }

  private func checkDepthwiseKernel(_ kernel: Tensor, _ window: Window) {
    precondition(
      kernel.shape.rank == 4 && kernel.shape[0] == window.kernelHeight && kernel.shape[1] == window.kernelWidth,
      "a depthwise kernel of shape \(kernel.shape) for \(window)")
  }

  /// The taps in the opposite order.
  private func turned(_ kernel: Tensor, channels: Int) -> Tensor {
    let taps = kernel.count / max(1, channels)
    return reading(kernel) { source in
      making(kernel.shape) { target in
        for tap in 0..<taps {
          unsafe (target.address + tap * channels).update(
            from: source.address + (taps - 1 - tap) * channels, count: channels)
        }
      }
    }
  }

  private func repeatingChannels(_ image: Tensor, _ multiplier: Int) -> Tensor {
    if multiplier == 1 { return image }
    return reading(image) { source in
      making([image.shape[0], image.shape[1], image.shape[2], image.shape[3] * multiplier]) { target in
        forEachPiece(of: image.count, grain: 8192) { range in
          for index in range {
            for j in 0..<multiplier { unsafe target.address[index * multiplier + j] = source.address[index] }
          }
        }
      }
    }
  }

  private func summingChannels(_ gradient: Tensor, _ multiplier: Int) -> Tensor {
    if multiplier == 1 { return gradient }
    let s = gradient.shape
    return reading(gradient) { source in
      making([s[0], s[1], s[2], s[3] / multiplier]) { target in
        forEachPiece(of: gradient.count / multiplier, grain: 8192) { range in
          for index in range {
            var sum: Float = 0
            for j in 0..<multiplier { unsafe sum += source.address[index * multiplier + j] }
            unsafe target.address[index] = sum
          }
        }
      }
    }
  }
}
