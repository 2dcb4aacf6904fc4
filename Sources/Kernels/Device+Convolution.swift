import CKernels
public import Tensors

extension Device {
  /// Convolves images with a packed kernel.
  ///
  /// - Input: `[batch, inputHeight, inputWidth, inputChannels]`
  /// - Output: `[batch, outputHeight, outputWidth, outputChannels]`
  public func convolution(
    _ image: Tensor, _ kernel: PackedKernel, _ geometry: ConvolutionGeometry, epilogue: Epilogue = .none
  ) -> Tensor {
    precondition(kernel.geometry == geometry, "a kernel packed for \(kernel.geometry) in \(geometry)")
    checkImage(image, geometry.window, channels: geometry.inputChannels)
    let shape: Shape = [image.shape[0], geometry.outputHeight, geometry.outputWidth, geometry.outputChannels]
    return making(shape) { target in
      epilogue.withKernelEpilogue(outputShape: shape) { epilogue in
        reading(image) { convolution($0, count: shape[0], kernel, into: target, epilogue: epilogue) }
      }
    }
  }

  /// Convolves `count` images that lie in memory one after the other, as tensors do.
  ///
  /// - Parameter pixelStride: the floats from one pixel of the output (and of a residual) to the next; as many as there
  ///   are output channels if nil.
  package func convolution(
    _ image: Source, count: Int, _ kernel: PackedKernel, into target: Target, pixelStride: Int? = nil,
    epilogue: KernelEpilogue
  ) {
    convolution(image, count: count, kernel, into: target, pixelStride: pixelStride, epilogue: epilogue, made: nil)
  }

  /// The same, reporting each pixel of the output when it is made.
  func convolution(
    _ image: Source, count: Int, _ kernel: PackedKernel, into target: Target, pixelStride: Int? = nil,
    epilogue: KernelEpilogue, made: MadeRows?
  ) {
    let geometry = kernel.geometry
    let windows = geometry.window.rows(
      pixelStride: geometry.inputChannels, channels: geometry.inputChannels / geometry.groups)
    if let winograd = kernel.winograd {
      convolution(
        image, count: count, kernel.matrix, winograd, windows: windows, into: target, pixelStride: pixelStride,
        epilogue: epilogue, made: made)
    } else {
      multiply(
        image, kernel.matrix, windows: windows, rows: count * geometry.window.outputPixelCount, into: target,
        pixelStride: pixelStride, epilogue: epilogue, made: made)
    }
  }

  /// Convolves images with a Keras kernel `[kernelHeight, kernelWidth, inputChannels / groups, outputChannels]`.
  public func convolution(
    _ image: Tensor, _ kernel: Tensor, _ geometry: ConvolutionGeometry, epilogue: Epilogue = .none
  ) -> Tensor {
    convolution(image, packedForStep(kernel, geometry), geometry, epilogue: epilogue)
  }

  func checkImage(_ image: Tensor, _ window: Window, channels: Int) {
    precondition(
      image.shape.rank == 4 && image.shape[1] == window.inputHeight && image.shape[2] == window.inputWidth
        && image.shape[3] == channels,
      "images of shape \(image.shape) for \(channels) channels and \(window)")
  }

  func checkOutputGradient(_ gradient: Tensor, _ window: Window, channels: Int) {
    precondition(
      gradient.shape.rank == 4 && gradient.shape[1] == window.outputHeight && gradient.shape[2] == window.outputWidth
        && gradient.shape[3] == channels,
      "an output gradient of shape \(gradient.shape) for \(channels) channels and \(window)")
  }

  /// Multiplies `rows` rows of the windows over `image` by each group of `matrix`.
  ///
  /// Every output is a chain of additions that depends on the matrix' rows alone; so the cuts into blocks of rows and
  /// columns, made to suit the threads and caches, cannot show in the result.
  func multiply(
    _ image: Source, _ matrix: PackedMatrix, windows: ck_windows, rows: Int, into target: Target,
    pixelStride: Int? = nil, scatter: ck_scatter? = nil, epilogue: KernelEpilogue, made: MadeRows? = nil
  ) {
    precondition(matrix.kernels == kernels, "a matrix packed for \(matrix.kernels) on a device with \(kernels)")
    guard rows > 0 else { return }
    let (groups, columns) = (matrix.groups, matrix.columns)
    let outputStride = pixelStride ?? groups * columns
    let cut = BlockCut(rows: rows, columns: columns, threads: threadCount, panel: unsafe kernels.table.panel_columns)
    reading(matrix.panels) { panels in
      forEach(groups * cut.rowBlocks * cut.columnBlocks, scratch: Int(CK_SCRATCH)) { item, scratch in
        let group = item % groups
        let rowRange = cut.rowRange(item / groups % cut.rowBlocks)
        let columnRange = cut.columnRange(item / groups / cut.rowBlocks)
        let first = group * columns + columnRange.lowerBound
        unsafe kernels.multiply(
          windows, image.address + group * windows.channels, matrix,
          panels.address + group * matrix.groupStride + columnRange.lowerBound * matrix.storedRows,
          columns: columnRange.count, rows: rowRange, into: target.address + first, outputStride: outputStride,
          scatter: scatter, epilogue: epilogue.shifted(by: first), scratch: scratch.address)
        made?.add(rowRange, columns: columnRange.count)
      }
    }
  }
}

extension KernelSet {
  /// A block of a product: `rows` of the windows, at most `CK_BLOCK_ROWS` of them, times `columns` of a matrix from `panels` on.
  ///
  /// - Parameters:
  ///   - output: the first of these columns in the first row of the whole output.
  ///   - scratch: `CK_SCRATCH` floats.
  @unsafe func multiply(
    _ windows: ck_windows, _ image: UnsafePointer<Float>, _ matrix: PackedMatrix, _ panels: UnsafePointer<Float>,
    columns: Int, rows: Range<Int>, into output: UnsafeMutablePointer<Float>, outputStride: Int,
    scatter: ck_scatter? = nil, epilogue: ck_epilogue, scratch: UnsafeMutablePointer<Float>
  ) {
    var windows = windows
    var epilogue = unsafe epilogue
    if let product = matrix.bfloat16 {
      let pairs = unsafe UnsafeRawPointer(panels).assumingMemoryBound(to: UInt32.self)
      let kernel = unsafe product == .dots ? table.convolution_rows_dots : table.convolution_rows_bfloat16
      if var scatter {
        unsafe kernel?(
          &windows, image, pairs, columns, rows.lowerBound, rows.count, output, outputStride, &scatter, &epilogue,
          scratch)
      } else {
        unsafe kernel?(
          &windows, image, pairs, columns, rows.lowerBound, rows.count, output, outputStride, nil, &epilogue, scratch)
      }
    } else if var scatter {
      unsafe table.convolution_rows(
        &windows, image, panels, columns, rows.lowerBound, rows.count, output, outputStride, &scatter, &epilogue,
        scratch)
    } else {
      unsafe table.convolution_rows(
        &windows, image, panels, columns, rows.lowerBound, rows.count, output, outputStride, nil, &epilogue, scratch)
    }
  }
}

/// How an output matrix is cut into work items: blocks of rows, and of columns where there are few rows.
struct BlockCut: Sendable {
  let rowBlocks, columnBlocks: Int
  private let rows, columns, columnStep: Int

  init(rows: Int, columns: Int, threads: Int, panel: Int) {
    let most = CK_BLOCK_ROWS
    var blocks = (rows + most - 1) / most
    // Equal shares where a thread has only a few blocks.
    if blocks > 1 && blocks < 16 * threads { blocks = (blocks + threads - 1) / threads * threads }
    blocks = min(blocks, rows)
    let panels = (columns + panel - 1) / panel
    let wanted = blocks >= 2 * threads || blocks % threads == 0 ? 1 : min(panels, 4 * threads)
    (self.rows, self.columns) = (rows, columns)
    columnStep = (panels + wanted - 1) / wanted * panel
    rowBlocks = blocks
    columnBlocks = (columns + columnStep - 1) / columnStep
  }

  func rowRange(_ block: Int) -> Range<Int> { rows * block / rowBlocks..<rows * (block + 1) / rowBlocks }

  func columnRange(_ block: Int) -> Range<Int> { block * columnStep..<min(columns, (block + 1) * columnStep) }
}
