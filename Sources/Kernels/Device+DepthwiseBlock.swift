import CKernels
import Tensors

extension Device {
  /// Computes a whole block for `count` images that lie in memory one after the other, band by band: the wide activations
  /// between its convolutions never leave the cache. The bits are those of the three convolutions one by one.
  ///
  /// - Parameter residual: laid out as the output; added before the last activation.
  package func depthwiseBlock(
    _ image: Source, count: Int, _ block: DepthwiseBlock, residual: Source?, into target: Target
  ) {
    let window = block.window
    let bands = (window.outputHeight + block.bandRows - 1) / block.bandRows
    // Neighbouring bands share rows of the expansion, so a thread takes a run of them.
    let parts = threadCount == 1 ? 1 : min(bands, max(1, (2 * threadCount + count - 1) / max(1, count)))
    let inputSize =
      window.inputHeight * window.inputWidth * (block.expand?.kernel.geometry.inputChannels ?? block.channels)
    let outputSize = window.outputHeight * window.outputWidth * block.project.kernel.geometry.outputChannels
    forEach(count * parts, scratch: block.expandedCount + block.bandCount + Int(CK_SCRATCH)) { item, scratch in
      let (index, part) = (item / parts, item % parts)
      BandRun(
        block: block, kernels: kernels, image: image.advanced(by: index * inputSize),
        residual: residual?.advanced(by: index * outputSize), target: target.advanced(by: index * outputSize),
        scratch: scratch
      )
      .run(bands * part / parts..<bands * (part + 1) / parts)
    }
  }
}

/// One image of a block in the hands of one thread.
private struct BandRun {
  let block: DepthwiseBlock
  let kernels: KernelSet
  let image: Source
  let residual: Source?
  let target: Target
  let scratch: Target

  func run(_ bands: Range<Int>) {
    let window = block.window
    let wide = window.inputWidth * block.channels
    let narrow = window.outputWidth * block.project.kernel.geometry.outputChannels
    let banded = scratch.advanced(by: block.expandedCount)
    var held = 0..<0  // rows of the expansion in memory, from the beginning of the scratch on
    for band in bands {
      let rows = band * block.bandRows..<min(window.outputHeight, (band + 1) * block.bandRows)
      let seen = block.inputRows(rows)
      var wideRows = image.advanced(by: seen.lowerBound * wide)
      if let expand = block.expand {
        held = extend(held, to: seen, by: expand, wide: wide)
        wideRows = scratch.source
      }
      depthwise(wideRows, seen: seen, rows: rows, into: banded)
      let offset = rows.lowerBound * narrow
      multiply(
        banded.source, block.project, rows: rows.count * window.outputWidth, residual: residual?.advanced(by: offset),
        into: target.advanced(by: offset))
    }
  }

  /// Expands the rows of `seen` that are not there yet; those that are move to the beginning.
  private func extend(_ held: Range<Int>, to seen: Range<Int>, by expand: DepthwiseBlock.Pointwise, wide: Int)
    -> Range<Int>
  {
    let kept = held.clamped(to: seen)
    let first = kept.isEmpty ? seen.lowerBound : kept.upperBound
    if !kept.isEmpty, kept.lowerBound > held.lowerBound {
      unsafe scratch.address.update(
        from: scratch.address + (kept.lowerBound - held.lowerBound) * wide, count: kept.count * wide)
    }
    let width = block.window.inputWidth
    multiply(
      image.advanced(by: first * width * expand.kernel.geometry.inputChannels), expand,
      rows: (seen.upperBound - first) * width, residual: nil,
      into: scratch.advanced(by: (first - seen.lowerBound) * wide))
    return seen
  }

  private func depthwise(_ source: Source, seen: Range<Int>, rows: Range<Int>, into target: Target) {
    let window = block.window
    // The rows that are there, as an image: what lies above and below it is padding, as in the whole.
    var windows = window.rows(pixelStride: block.channels, channels: block.channels)
    windows.height = seen.count
    windows.pad_top = seen.lowerBound - (rows.lowerBound * window.strideHeight - window.padTop)
    windows.output_height = rows.count
    reading(block.kernel) { kernel in
      reading(block.bias) { bias in
        var epilogue = unsafe KernelEpilogue(bias: bias, activation: block.activation).value
        unsafe kernels.table.depthwise(
          &windows, source.address, kernel.address, target.address, 0, rows.count, &epilogue)
      }
    }
  }

  private func multiply(
    _ source: Source, _ pointwise: DepthwiseBlock.Pointwise, rows: Int, residual: Source?, into target: Target
  ) {
    let matrix = pointwise.kernel.matrix
    precondition(matrix.kernels == kernels, "a matrix packed for \(matrix.kernels) on a device with \(kernels)")
    let blocks = (rows + Int(CK_BLOCK_ROWS) - 1) / Int(CK_BLOCK_ROWS)
    let memory = scratch.advanced(by: block.expandedCount + block.bandCount)
    reading(matrix.panels) { panels in
      reading(pointwise.bias) { bias in
        let windows = ck_windows.matrix(rows: rows, columns: matrix.rows)
        let epilogue = unsafe KernelEpilogue(bias: bias, residual: residual, activation: pointwise.activation).value
        for index in 0..<blocks {
          unsafe kernels.multiply(
            windows, source.address, matrix, panels.address, columns: matrix.columns,
            rows: rows * index / blocks..<rows * (index + 1) / blocks, into: target.address,
            outputStride: matrix.columns, epilogue: epilogue, scratch: memory.address)
        }
      }
    }
  }
}
