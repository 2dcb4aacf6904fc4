import CKernels
public import Tensors

extension Device {
  /// The gradient with respect to the image of a convolution; also the transposed convolution's forward pass.
  ///
  /// - Input: `[batch, outputHeight, outputWidth, outputChannels]`
  /// - Output: `[batch, inputHeight, inputWidth, inputChannels]`
  ///
  /// The pixels of the image fall into classes by which taps of the window reach them: with stride 1 there is one class, with
  /// stride 2 there are four. Over a class the gradient is a convolution of stride 1 with the taps turned round.
  public func convolutionInputGradient(_ dOutput: Tensor, _ kernel: Tensor, _ geometry: ConvolutionGeometry) -> Tensor {
    checkOutputGradient(dOutput, geometry.window, channels: geometry.outputChannels)
    let batch = dOutput.shape[0]
    let packed = packedForInputGradient(kernel, geometry)
    return reading(dOutput) { gradient in
      making([batch, geometry.inputHeight, geometry.inputWidth, geometry.inputChannels]) {
        convolutionInputGradient(gradient, count: batch, packed, into: $0)
      }
    }
  }

  /// The same for `count` images that lie in memory one after the other.
  func convolutionInputGradient(
    _ dOutput: Source, count: Int, _ kernel: PackedInputGradient, into target: Target, adding: Bool = false,
    made: MadeRows? = nil
  ) {
    let g = kernel.geometry
    precondition(!adding || kernel.canAdd, "nothing is added to where partial sums lie")
    let epilogue = KernelEpilogue(residual: adding ? target.source : nil)
    // Of several classes of pixels none makes whole lines.
    let made = kernel.parts.count == 1 && kernel.parts[0].scatter == nil ? made : nil
    if !kernel.isComplete && !adding {
      forEachPiece(of: count * g.inputHeight * g.inputWidth * g.inputChannels, grain: 1 << 18) { range in
        unsafe (target.address + range.lowerBound).update(repeating: 0, count: range.count)
      }
    }
    for part in kernel.parts {
      if let winograd = part.winograd {
        convolution(
          dOutput, count: count, part.matrix, winograd, windows: part.windows, into: target, pixelStride: nil,
          epilogue: epilogue, made: made)
      } else {
        multiply(
          dOutput, part.matrix, windows: part.windows,
          rows: count * part.windows.output_height * part.windows.output_width, into: target, scatter: part.scatter,
          epilogue: epilogue, made: made)
      }
    }
  }

  /// Packs a Keras kernel for the gradient of the image.
  func packedForInputGradient(_ kernel: Tensor, _ geometry: ConvolutionGeometry) -> PackedInputGradient {
    checkKernel(kernel, geometry)
    let window = geometry.window
    let vertical = (0..<window.strideHeight).map { phase in
      TapClass(
        phase: phase, input: window.inputHeight, taps: window.kernelHeight, stride: window.strideHeight,
        dilation: window.dilationHeight, pad: window.padTop)
    }
    let horizontal = (0..<window.strideWidth).map { phase in
      TapClass(
        phase: phase, input: window.inputWidth, taps: window.kernelWidth, stride: window.strideWidth,
        dilation: window.dilationWidth, pad: window.padLeft)
    }
    return PackedInputGradient(
      geometry: geometry,
      parts: vertical.filter(\.isReached).flatMap { y in
        horizontal.filter(\.isReached).map { x in packed(kernel, geometry, y, x) }
      }, isComplete: (vertical + horizontal).allSatisfy { !$0.taps.isEmpty })
  }

  private func packed(
    _ kernel: Tensor, _ g: ConvolutionGeometry, _ y: TapClass, _ x: TapClass
  ) -> PackedInputGradient.Part {
    let (inputs, outputs) = (g.inputChannels / g.groups, g.outputChannels / g.groups)
    // Kernel [ky, kx, input, output] becomes rows (tap, output), columns input.
    let parts = y.taps.flatMap { ky in
      x.taps.map { kx in
        (
          rows: outputs,
          layout: MatrixLayout(
            offset: (ky * g.kernelWidth + kx) * inputs * g.outputChannels, rowStride: 1,
            columnStride: g.outputChannels)
        )
      }
    }
    let tile = tile(
      for: g.window, groups: g.groups, height: y.count, width: x.count, inputChannels: outputs, outputChannels: inputs)
    let matrix =
      if let training, tile == nil {
        packPairs(kernel, groups: g.groups, columns: inputs, parts: parts, groupOffset: outputs, training)
      } else {
        pack(kernel, groups: g.groups, columns: inputs, parts: parts, groupOffset: outputs)
      }
    let windows = ck_windows(
      height: g.outputHeight, width: g.outputWidth, pixel_stride: g.outputChannels, channels: outputs,
      kernel_height: y.taps.count, kernel_width: x.taps.count, stride_height: 1, stride_width: 1,
      dilation_height: y.dilation, dilation_width: x.dilation, pad_top: y.pad, pad_left: x.pad,
      output_height: y.count, output_width: x.count)
    let scatter = ck_scatter(
      height: g.inputHeight, width: g.inputWidth, step_height: g.strideHeight, step_width: g.strideWidth,
      offset_height: y.first, offset_width: x.first)
    let isWhole = g.strideHeight == 1 && g.strideWidth == 1
    return PackedInputGradient.Part(
      matrix: matrix, windows: windows, scatter: isWhole ? nil : scatter,
      winograd: tile == nil
        ? nil : winograd(matrix, g.window, groups: g.groups, height: y.count, width: x.count))
  }

  /// The gradient with respect to the kernel of a convolution, summed over the batch.
  ///
  /// - Input: image `[batch, inputHeight, inputWidth, inputChannels]`, gradient `[batch, outputHeight, outputWidth, outputChannels]`
  /// - Output: `[kernelHeight, kernelWidth, inputChannels / groups, outputChannels]`
  public func convolutionKernelGradient(_ image: Tensor, _ dOutput: Tensor, _ geometry: ConvolutionGeometry) -> Tensor {
    let window = geometry.window
    checkImage(image, window, channels: geometry.inputChannels)
    checkOutputGradient(dOutput, window, channels: geometry.outputChannels)
    precondition(image.shape[0] == dOutput.shape[0], "\(image.shape[0]) images and \(dOutput.shape[0]) gradients")
    if let tile = kernelGradientTile(geometry) { return kernelGradient(image, dOutput, geometry, tile) }
    return kernelGradient(
      image, dOutput,
      windows: window.rows(pixelStride: geometry.inputChannels, channels: geometry.inputChannels / geometry.groups),
      groups: geometry.groups, rowsPerSample: window.outputPixelCount,
      rows: image.shape[0] * window.outputPixelCount,
      shape: [
        window.kernelHeight, window.kernelWidth, geometry.inputChannels / geometry.groups, geometry.outputChannels,
      ])
  }

  /// windowsᵀ · dOutput. Small results are summed over chunks of samples of a fixed size, each chunk on its own, and the
  /// chunks in a fixed tree; large ones, and parts of large ones, in one chain, shared out by the result's rows.
  ///
  /// - Parameter offset: how many floats behind its first number the image begins.
  func kernelGradient(
    _ image: Tensor, _ dOutput: Tensor, from offset: Int = 0, windows: ck_windows, groups: Int, rowsPerSample: Int,
    rows: Int, shape: Shape, isOneChain: Bool = false
  ) -> Tensor {
    let outputs = shape[-1]
    let columns = outputs / groups
    let depth = shape.elementCount / outputs
    let size = shape.elementCount
    let chunkRows =
      size >= 1 << 18 || isOneChain
      ? max(1, rows) : (max(2048, size / 4) + rowsPerSample - 1) / rowsPerSample * rowsPerSample
    let chunks = max(1, (rows + chunkRows - 1) / chunkRows)
    guard rows > 0 else { return Tensor(zeros: shape, in: buffers) }
    let blocks = depthBlocks(depth, items: chunks * groups)
    let partial = making(Shape([chunks] + shape.dimensions)) { target in
      reading(image, dOutput) { image, gradient in
        let image = image.advanced(by: offset)
        forEach(chunks * blocks * groups) { item in
          let group = item % groups
          let block = item / groups % blocks
          let chunk = item / groups / blocks
          let start = chunk * chunkRows
          withScratch(Int(CK_GRADIENT_SCRATCH)) { scratch in
            unsafe kernels.kernelGradient(
              as: training, windows, image.address + group * windows.channels, gradient.address + group * columns,
              gradientStride: outputs, columns: columns, rows: start..<min(start + chunkRows, rows),
              depth: depth * block / blocks..<depth * (block + 1) / blocks,
              into: target.address + chunk * size + group * columns, resultStride: outputs, scratch: scratch.address)
          }
        }
      }
    }
    return sumOfRows(partial, count: chunks, size: size).reshaped(to: shape)
  }

  /// windowsᵀ · dOutput over `count` images that lie in memory one after the other, for a direct product.
  func kernelGradient(_ image: Source, _ dOutput: Source, count: Int, _ g: ConvolutionGeometry, into target: Target) {
    let windows = g.window.rows(pixelStride: g.inputChannels, channels: g.inputChannels / g.groups)
    let columns = g.outputChannels / g.groups
    let blocks = depthBlocks(g.depth, items: g.groups)
    forEach(blocks * g.groups, scratch: Int(CK_GRADIENT_SCRATCH)) { item, scratch in
      let (group, block) = (item % g.groups, item / g.groups)
      unsafe kernels.kernelGradient(
        as: training, windows, image.address + group * windows.channels, dOutput.address + group * columns,
        gradientStride: g.outputChannels, columns: columns, rows: 0..<count * g.window.outputPixelCount,
        depth: g.depth * block / blocks..<g.depth * (block + 1) / blocks, into: target.address + group * columns,
        resultStride: g.outputChannels, scratch: scratch.address)
    }
  }

  /// How many blocks to cut each of `items` kernel gradients of `depth` rows into: no more than the cache and equal shares
  /// for all threads ask for. The cuts cannot show in the result.
  private func depthBlocks(_ depth: Int, items: Int) -> Int {
    let blocks = (depth + CK_BLOCK_DEPTH - 1) / CK_BLOCK_DEPTH
    if blocks * items % threadCount == 0 || depth < 28 * threadCount { return blocks }
    return (blocks + threadCount - 1) / threadCount * threadCount
  }

  /// The sum of the `count` rows of `size` elements, added in a tree that depends on `count` alone.
  func sumOfRows(_ rows: Tensor, count: Int, size: Int) -> Tensor {
    if count == 1 { return rows }
    var rows = rows
    var step = 1
    while 2 * step < count {
      let gap = step
      writing(&rows) { target in
        forEachPiece(of: size, grain: 8192) { range in
          for index in stride(from: 0, to: count - gap, by: 2 * gap) {
            let to = unsafe target.address + index * size + range.lowerBound
            unsafe kernels.table.binary(Int32(CK_ADD.rawValue), range.count, to, to + gap * size, 1, to)
          }
        }
      }
      step *= 2
    }
    // The last sum goes where it belongs.
    return reading(rows) { source in
      making([size]) { add(source, source.advanced(by: step * size), count: size, into: $0) }
    }
  }
}

/// A convolution's kernel, packed for the gradient of the image: a matrix for each class of pixels.
struct PackedInputGradient: Sendable {
  struct Part: Sendable {
    let matrix: PackedMatrix
    let windows: ck_windows
    /// Nil where the class is the whole image.
    let scatter: ck_scatter?
    let winograd: Winograd?
  }

  let geometry: ConvolutionGeometry
  let parts: [Part]
  /// Whether every pixel is reached; the others have no gradient.
  let isComplete: Bool

  /// Whether the gradient can be added to what lies in its place: not where partial sums must lie there.
  var canAdd: Bool {
    parts.allSatisfy { $0.scatter != nil || $0.winograd != nil || $0.matrix.rows <= CK_BLOCK_DEPTH }
  }
}

/// The taps of one dimension that reach the pixels `first, first + stride, …`, and the convolution of stride 1 they make.
///
/// Pixel `i` is reached by tap `k` from output `(i + pad - k * dilation) / stride` where that is whole. The taps that reach a
/// class are `period` apart, and the outputs they come from `dilation / gcd(stride, dilation)`.
private struct TapClass {
  let first, count: Int
  let taps: [Int]  // in the order of the outputs they come from: backwards
  let dilation, pad: Int

  /// Whether there are such taps and such pixels.
  var isReached: Bool { !taps.isEmpty && count > 0 }

  init(phase: Int, input: Int, taps: Int, stride: Int, dilation: Int, pad: Int) {
    first = phase
    count = phase < input ? (input - phase + stride - 1) / stride : 0
    self.taps = (0..<taps).filter { (phase + pad - $0 * dilation) % stride == 0 }.reversed()
    if self.taps.count > 1 {
      self.dilation = (self.taps[0] - self.taps[1]) * dilation / stride
    } else {
      self.dilation = 1
    }
    // The window of the first pixel starts at the output that its first tap here comes from.
    self.pad = self.taps.isEmpty ? 0 : -((phase + pad - self.taps[0] * dilation) / stride)
  }
}
