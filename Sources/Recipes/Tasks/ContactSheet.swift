internal import Images
internal import Tensors

/// A picture and the feature maps that it gave rise to, in a grid with a heading and the number of each map.
///
/// Each map is stretched from its own least to its own greatest value, dark to light; one that is the same everywhere is drawn
/// in the middle grey.
struct ContactSheet {
  let title: String
  /// `[height, width, channels]`, 0…255.
  let input: Tensor
  /// `[height, width, count]`
  let maps: Tensor

  private static let gap = 6
  private static let background: UInt8 = 24
  private static let ink: UInt8 = 220

  var drawing: PixelImage {
    let count = maps.shape[2]
    // Each map is magnified by a whole number, so that its pixels stay visible squares.
    let magnification = max(1, 72 / max(maps.shape[0], maps.shape[1]))
    let tile = Size(maps.shape[0] * magnification, maps.shape[1] * magnification)
    let columns = max(4, Int((Double(count) * 1.4).squareRoot().rounded(.up)))
    let rows = (count + columns - 1) / columns
    let label = PixelFont.height + 3
    let picture = Size(min(160, input.shape[0]), min(160, input.shape[0]) * input.shape[1] / max(1, input.shape[0]))
    let header = Self.gap * 3 + 2 * PixelFont.height + picture.height
    let titleWidth = title.count * (PixelFont.width + 1) * 2
    let width = Self.gap + max(columns * (tile.width + Self.gap), titleWidth + Self.gap, picture.width + Self.gap)
    let height = header + Self.gap + rows * (tile.height + label + Self.gap)

    var canvas = Canvas(width: width, height: height, fill: Self.background)
    canvas.write(title, x: Self.gap, y: Self.gap, scale: 2, ink: Self.ink)
    canvas.draw(input, x: Self.gap, y: Self.gap * 2 + 2 * PixelFont.height, size: picture)
    for map in 0..<count {
      let x = Self.gap + map % columns * (tile.width + Self.gap)
      let y = header + Self.gap + map / columns * (tile.height + label + Self.gap)
      canvas.write("\(map)", x: x, y: y, scale: 1, ink: Self.ink)
      canvas.draw(Self.grey(maps, channel: map), x: x, y: y + label, size: tile)
    }
    return canvas.image
  }

  /// One map as a grey picture.
  private static func grey(_ maps: Tensor, channel: Int) -> Tensor {
    let all = maps.elements
    let values = stride(from: channel, to: all.count, by: maps.shape[2]).map { all[$0].isFinite ? all[$0] : 0 }
    let low = values.min() ?? 0
    let range = (values.max() ?? 0) - low
    return Tensor([maps.shape[0], maps.shape[1], 1], values.map { range > 0 ? ($0 - low) / range * 255 : 128 })
  }
}
