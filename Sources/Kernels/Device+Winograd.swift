import CKernels
import Tensors

extension Device {
  /// Convolves `count` images in tiles.
  ///
  /// Every tile is computed on its own, so the cuts into blocks of tiles and columns cannot show in the result.
  func convolution(
    _ image: Source, count: Int, _ matrix: PackedMatrix, _ winograd: Winograd, windows: ck_windows,
    into target: Target, pixelStride: Int?, epilogue: KernelEpilogue, made: MadeRows? = nil
  ) {
    precondition(matrix.kernels == kernels, "a matrix packed for \(matrix.kernels) on a device with \(kernels)")
    let tiles = count * winograd.tile.count(height: windows.output_height, width: windows.output_width)
    let job = unsafe WinogradJob(
      table: kernels.table, winograd: winograd, matrix: matrix, windows: windows, image: image, target: target,
      outputStride: pixelStride ?? matrix.columns, epilogue: epilogue)
    let cut = job.cut(tiles: tiles, threads: threadCount)
    reading(winograd.kernel ?? matrix.panels) { kernel in
      let (imageSize, scratchSize) = (job.imageSize(cut.mostTiles), job.scratchSize(cut.mostTiles))
      if winograd.kernel != nil && cut.count % threadCount == 0 {
        forEach(cut.count, scratch: imageSize + scratchSize) { block, transformed in
          let range = cut.range(block)
          job.transform(range, part: 0..<range.count, into: transformed)
          job.multiply(
            range, transformed, kernel, columns: 0..<matrix.columns, scratch: transformed.advanced(by: imageSize))
          made?.add(job.pixels(range), columns: matrix.columns)
        }
      } else {
        // All threads at one block: first they share its tiles, then its columns.
        withScratch(imageSize) { transformed in
          for block in 0..<cut.count {
            let range = cut.range(block)
            forEachPiece(of: range.count, grain: 4) { job.transform(range, part: $0, into: transformed) }
            forEach(job.panelCount, scratch: scratchSize) { index, scratch in
              job.multiply(range, transformed, kernel, columns: job.columns(ofPanel: index), scratch: scratch)
            }
            made?.add(job.pixels(range), columns: matrix.columns, on: self)
          }
        }
      }
    }
  }
}

/// One convolution in tiles, as its work items see it.
///
/// Unchecked Sendable, as `Source` and `Target` are: the memory outlives the items, and each writes a part of its own.
@safe private struct WinogradJob: @unchecked Sendable {
  let table: ck_kernels
  let winograd: Winograd
  let matrix: PackedMatrix
  let windows: ck_windows
  let image: Source
  let target: Target
  let outputStride: Int
  let epilogue: KernelEpilogue

  private var size: Int { winograd.tile.rawValue }
  private var panel: Int { unsafe table.panel_columns }

  var panelCount: Int { (matrix.columns + panel - 1) / panel }

  func columns(ofPanel index: Int) -> Range<Int> { index * panel..<min(matrix.columns, (index + 1) * panel) }

  func imageSize(_ tiles: Int) -> Int { unsafe table.winograd_image_size(size, windows.channels, tiles) }

  func scratchSize(_ tiles: Int) -> Int { unsafe table.winograd_scratch_size(size, windows.channels, tiles) }

  func cut(tiles: Int, threads: Int) -> TileCut {
    let most = unsafe winograd.blockTiles(
      inputChannels: windows.channels, panel: table.panel_columns, tileRows: table.tile_rows)
    return TileCut(tiles: tiles, most: most, threads: winograd.kernel == nil ? 1 : threads)
  }

  /// The pixels that a block of tiles puts out, line by line.
  func pixels(_ block: Range<Int>) -> [Range<Int>] {
    let (height, width) = (windows.output_height, windows.output_width)
    let across = (width + size - 1) / size
    let down = (height + size - 1) / size
    var lines: [Range<Int>] = []
    var tile = block.lowerBound
    while tile < block.upperBound {
      // Tiles of one line.
      let first = tile % across
      let last = min(across, first + block.upperBound - tile)
      let (image, top) = (tile / across / down, tile / across % down * size)
      for y in top..<min(height, top + size) {
        let line = (image * height + y) * width
        lines.append(line + first * size..<line + min(width, last * size))
      }
      tile += last - first
    }
    return lines
  }

  /// Transforms what a part of a block of tiles sees of the images.
  func transform(_ block: Range<Int>, part: Range<Int>, into transformed: Target) {
    var windows = windows
    unsafe table.winograd_image(
      size, &windows, image.address, block.lowerBound, block.count, part.lowerBound, part.count, transformed.address)
  }

  /// Computes columns, from the first of a panel on, of a block of tiles.
  func multiply(
    _ block: Range<Int>, _ transformed: Target, _ kernel: Source, columns: Range<Int>, scratch: Target
  ) {
    var windows = windows
    var epilogue = unsafe epilogue.shifted(by: columns.lowerBound)
    let panelSize =
      unsafe winograd.kernel == nil ? 9 * windows.channels * panel : table.winograd_kernel_size(size, windows.channels)
    unsafe table.winograd_product(
      size, &windows, transformed.address, block.lowerBound, block.count,
      kernel.address + columns.lowerBound / panel * panelSize, winograd.kernel == nil ? 0 : 1, columns.count,
      target.address + columns.lowerBound, outputStride, &epilogue, scratch.address)
  }
}

/// How tiles are cut into blocks of nearly equal size.
struct TileCut: Sendable {
  let tiles, count: Int

  /// - Parameters:
  ///   - most: The most tiles a block should have.
  ///   - threads: The threads that share the blocks out among them.
  init(tiles: Int, most: Int, threads: Int) {
    self.tiles = tiles
    let blocks = (tiles + most - 1) / most
    let isShared = blocks < 16 * threads && tiles >= 8 * threads
    count = isShared ? (blocks + threads - 1) / threads * threads : blocks
  }

  var mostTiles: Int { count == 0 ? 0 : (tiles + count - 1) / count }

  func range(_ block: Int) -> Range<Int> { tiles * block / count..<tiles * (block + 1) / count }
}
