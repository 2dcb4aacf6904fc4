import CKernels
import Tensors

/// What it takes to compute a 3x3 convolution of stride 1 in tiles.
struct Winograd: Sendable {
  let tile: WinogradTile
  /// The transformed kernel, panel by panel, or nil if each panel is transformed just before it is used.
  let kernel: Tensor?

  static func isPossible(_ window: Window, groups: Int) -> Bool {
    groups == 1 && window.kernelHeight == 3 && window.kernelWidth == 3 && window.strideHeight == 1
      && window.strideWidth == 1 && window.dilationHeight == 1 && window.dilationWidth == 1
  }

  /// The tile that was measured to be fastest for outputs of a size, or nil if the direct product is.
  ///
  /// With fewer than 16 channels the transforms cost more than they save, and so does the kernel's over three or fewer
  /// pixels. The larger tile wins unless too much of it hangs over the edge: 5x5 outputs take four tiles of 36
  /// multiplications or nine of 16.
  static func fastestTile(height: Int, width: Int, inputChannels: Int, outputChannels: Int) -> WinogradTile? {
    guard min(inputChannels, outputChannels) >= 16, min(height, width) >= 4 else { return nil }
    func cost(_ tile: WinogradTile) -> Int { tile.count(height: height, width: width) * tile.positionCount }
    return cost(.two) <= cost(.four) ? .two : .four
  }

  /// Whether the transformed kernel stays near enough to be read again for every block of tiles. A larger one is
  /// transformed as it is used: that is faster than reading four times as much, and saves its packing in training.
  static func keepsTransformedKernel(inputChannels: Int, outputChannels: Int) -> Bool {
    inputChannels * outputChannels <= 128 * 256
  }

  /// The most tiles in a block. With a transformed kernel, as many as the second-level cache holds beside a panel of their
  /// products; without, as many as it takes to make up for the kernel's transformation.
  func blockTiles(inputChannels: Int, panel: Int, tileRows: Int) -> Int {
    let most = 112 / tileRows * tileRows
    guard kernel != nil else { return most }
    let fitting = (3 << 16) / (tile.positionCount * (inputChannels + panel))
    return max(tileRows, min(most, fitting / tileRows * tileRows))
  }
}

extension WinogradTile {
  /// The products that a tile's outputs are made of.
  var positionCount: Int { (rawValue + 2) * (rawValue + 2) }

  /// The tiles of an image.
  func count(height: Int, width: Int) -> Int {
    (height + rawValue - 1) / rawValue * ((width + rawValue - 1) / rawValue)
  }
}

extension Device {
  /// Prepares Winograd's algorithm for a packed kernel and outputs of a size if this device is to use it.
  func winograd(_ matrix: PackedMatrix, _ window: Window, groups: Int, height: Int, width: Int) -> Winograd? {
    let channels = matrix.rows / 9
    guard
      let tile = tile(
        for: window, groups: groups, height: height, width: width, inputChannels: channels,
        outputChannels: matrix.columns)
    else { return nil }
    guard Winograd.keepsTransformedKernel(inputChannels: channels, outputChannels: matrix.columns) else {
      return Winograd(tile: tile, kernel: nil)
    }
    let size = unsafe kernels.table.winograd_kernel_size(tile.rawValue, channels)
    let panels = matrix.panels.shape[1]
    let kernel = reading(matrix.panels) { source in
      making([panels, size]) { target in
        forEachPiece(of: panels, grain: max(1, 32768 / size)) { range in
          for panel in range {
            unsafe kernels.table.winograd_kernel(
              tile.rawValue, channels, source.address + panel * (matrix.panels.count / panels),
              target.address + panel * size)
          }
        }
      }
    }
    return Winograd(tile: tile, kernel: kernel)
  }

  /// The tile in which this device computes outputs of a size, or nil if they are direct products.
  func tile(
    for window: Window, groups: Int, height: Int, width: Int, inputChannels: Int, outputChannels: Int
  ) -> WinogradTile? {
    guard Winograd.isPossible(window, groups: groups) else { return nil }
    switch convolution {
    case .direct: return nil
    case .winograd(let tile): return tile
    case .fastest:
      return Winograd.fastestTile(
        height: height, width: width, inputChannels: inputChannels, outputChannels: outputChannels)
    }
  }
}
