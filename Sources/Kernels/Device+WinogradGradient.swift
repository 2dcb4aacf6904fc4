import CKernels
import Tensors

extension Device {
  /// The tile in which the kernel's gradient is computed, or nil if it is a direct product.
  func kernelGradientTile(_ g: ConvolutionGeometry) -> WinogradTile? {
    tile(
      for: g.window, groups: g.groups, height: g.outputHeight, width: g.outputWidth, inputChannels: g.inputChannels,
      outputChannels: g.outputChannels)
  }

  /// The gradient with respect to the kernel of a convolution in tiles.
  ///
  /// Each number is the transform of sums over the tiles of the batch: those of a block in one chain, the blocks one after
  /// the other. Threads share out a block's tiles, then the channels and columns of its products, so their number does
  /// not show.
  func kernelGradient(
    _ image: Tensor, _ dOutput: Tensor, _ geometry: ConvolutionGeometry, _ tile: WinogradTile
  ) -> Tensor {
    let (inputs, outputs, m) = (geometry.inputChannels, geometry.outputChannels, tile.rawValue)
    let shape: Shape = [3, 3, inputs, outputs]
    let tiles = image.shape[0] * tile.count(height: geometry.outputHeight, width: geometry.outputWidth)
    guard tiles > 0 else { return Tensor(zeros: shape, in: buffers) }
    // More tiles at once would push the first rows out of the nearest cache before their next channels are read.
    let blocks = TileCut(tiles: tiles, most: 64, threads: 1)
    let windows = geometry.window.rows(pixelStride: inputs, channels: inputs)
    let parts = unsafe ChannelCut(
      channels: inputs, columns: outputs, panel: kernels.table.panel_columns, threads: threadCount)
    let imageSize = unsafe kernels.table.winograd_image_size(m, inputs, blocks.mostTiles)
    let gradientSize = unsafe kernels.table.winograd_output_gradient_size(m, blocks.mostTiles)
    let sumsSize = unsafe kernels.table.winograd_sums_size(m, parts.mostChannels)
    // The sums of a part stay in its thread's scratch if there is only one block.
    let keptSums = blocks.count > 1 ? parts.count * sumsSize : 0
    return making(shape) { result in
      withScratch(imageSize + parts.panelCount * gradientSize + keptSums) { memory in
        let gradients = memory.advanced(by: imageSize)
        let sums = gradients.advanced(by: parts.panelCount * gradientSize)
        reading(image, dOutput) { image, dOutput in
          for index in 0..<blocks.count {
            let block = blocks.range(index)
            forEachPiece(of: block.count, grain: 4) { piece in
              var windows = windows
              unsafe kernels.table.winograd_image(
                m, &windows, image.address, block.lowerBound, block.count, piece.lowerBound, piece.count,
                memory.address)
              unsafe kernels.table.winograd_output_gradient(
                m, &windows, dOutput.address, outputs, outputs, block.lowerBound, block.count, piece.lowerBound,
                piece.count, gradients.address)
            }
            forEach(parts.count, scratch: keptSums == 0 ? sumsSize : 0) { part, scratch in
              let (channels, columns) = (parts.channels(part), parts.columns(part))
              let sums = keptSums == 0 ? scratch : sums.advanced(by: part * sumsSize)
              unsafe kernels.table.winograd_kernel_products(
                m, inputs, block.count, memory.address, channels.lowerBound, channels.count,
                gradients.address + parts.panel(part) * kernels.table.winograd_output_gradient_size(m, block.count),
                columns.count, index == 0 ? 0 : 1, sums.address)
              guard index == blocks.count - 1 else { return }
              unsafe kernels.table.winograd_kernel_gradient(
                m, channels.count, sums.address, columns.count,
                result.address + channels.lowerBound * outputs + columns.lowerBound, inputs * outputs, outputs)
            }
          }
        }
      }
    }
  }
}

/// How the products of a kernel gradient are cut into work items: by panels of columns and by channels.
private struct ChannelCut: Sendable {
  private let inputs, outputs, panel, step, channelParts: Int

  init(channels: Int, columns: Int, panel: Int, threads: Int) {
    (inputs, outputs, self.panel) = (channels, columns, panel)
    // The blocks of the transformed image, which no part may straddle.
    let blocks = (channels + Int(CK_WINOGRAD_DEPTH) - 1) / Int(CK_WINOGRAD_DEPTH)
    let block = ((channels + blocks - 1) / blocks + 15) / 16 * 16
    let items = (channels + block - 1) / block * ((columns + panel - 1) / panel)
    let cuts = items % threads == 0 || items >= 4 * threads ? 1 : min(4, threads)
    // Multiples of 16 that divide the block.
    step = (1...cuts).reversed().map { block / $0 }.first { $0 % 16 == 0 && block % $0 == 0 } ?? block
    channelParts = (channels + step - 1) / step
  }

  var panelCount: Int { (outputs + panel - 1) / panel }
  var count: Int { panelCount * channelParts }
  var mostChannels: Int { min(step, inputs) }

  // Parts of the same channels follow each other.
  func panel(_ part: Int) -> Int { part % panelCount }

  func columns(_ part: Int) -> Range<Int> {
    panel(part) * panel..<min(outputs, (panel(part) + 1) * panel)
  }

  func channels(_ part: Int) -> Range<Int> {
    part / panelCount * step..<min(inputs, (part / panelCount + 1) * step)
  }
}
