import Images
import Tensors

/// Scaling as its definition says, pixel by pixel: what the streaming, vectorised way is compared with, bit for bit.
enum PlainResizing {
  static func scaled(_ image: PixelImage, _ resizing: Resizing) -> [Float] {
    let window = window(of: image.size, resizing)
    switch resizing.interpolation {
    case .bilinear: return bilinear(image, window, resizing.size)
    case .nearest: return nearest(image, window, resizing.size)
    case .antialiased: return antialiased(image, window, resizing.size)
    }
  }

  typealias Window = (top: Int, left: Int, height: Int, width: Int)

  private static func window(of source: Size, _ resizing: Resizing) -> Window {
    guard resizing.cropToAspectRatio else { return (0, 0, source.height, source.width) }
    let (target, isExact) = (resizing.size, resizing.interpolation == .antialiased)
    func side(_ area: Int, _ divisor: Int, most: Int) -> Int {
      let length = isExact ? area / divisor : Int(Float(area) / Float(divisor))
      return max(min(most, length), isExact ? 0 : 1)
    }
    let height = side(source.width * target.height, target.width, most: source.height)
    let width = side(source.height * target.width, target.height, most: source.width)
    return ((source.height - height) / 2, (source.width - width) / 2, height, width)
  }

  private static func bilinear(_ image: PixelImage, _ window: Window, _ size: Size) -> [Float] {
    func neighbours(_ index: Int, _ source: Int, _ target: Int) -> (Int, Int, Float) {
      let x = (Float(index) + 0.5) * (Float(source) / Float(target)) - 0.5
      func clamped(_ position: Float) -> Int { min(max(Int(position), 0), source - 1) }
      return (clamped(x.rounded(.down)), clamped(x.rounded(.up)), x - x.rounded(.down))
    }
    return each(size, image.channels) { y, x, channel in
      let (top, bottom, down) = neighbours(y, window.height, size.height)
      let (left, right, across) = neighbours(x, window.width, size.width)
      func mixed(_ row: Int) -> Float {
        let a = Float(pixel(image, window.top + row, window.left + left, channel))
        let b = Float(pixel(image, window.top + row, window.left + right, channel))
        return a + (b - a) * across
      }
      let (above, below) = (mixed(top), mixed(bottom))
      return above + (below - above) * down
    }
  }

  private static func nearest(_ image: PixelImage, _ window: Window, _ size: Size) -> [Float] {
    func place(_ index: Int, _ source: Int, _ target: Int) -> Int {
      min(Int((Float(index) + 0.5) * (Float(source) / Float(target))), source - 1)
    }
    return each(size, image.channels) { y, x, channel in
      Float(
        pixel(
          image, window.top + place(y, window.height, size.height), window.left + place(x, window.width, size.width),
          channel))
    }
  }

  private static func antialiased(_ image: PixelImage, _ window: Window, _ size: Size) -> [Float] {
    let columns = (0..<size.width).map { taps($0, image.width, window.left, window.width, size.width) }
    let rows = (0..<size.height).map { taps($0, image.height, window.top, window.height, size.height) }
    func sum(_ taps: [(Int, Int)], _ value: (Int) -> Int) -> Int {
      min((taps.reduce(1 << 21) { $0 + value($1.0) * $1.1 }) >> 22, 255)
    }
    let (lostRows, lostColumns) = (image.height - size.height, image.width - size.width)
    if lostRows > 0 && lostRows > 2 * lostColumns {
      return each(size, image.channels) { y, x, channel in
        Float(sum(columns[x]) { column in sum(rows[y]) { row in pixel(image, row, column, channel) } })
      }
    }
    return each(size, image.channels) { y, x, channel in
      Float(sum(rows[y]) { row in sum(columns[x]) { column in pixel(image, row, column, channel) } })
    }
  }

  /// Source pixels and their weights in fixed point.
  private static func taps(_ index: Int, _ source: Int, _ start: Int, _ length: Int, _ target: Int) -> [(Int, Int)] {
    let scale = Double(length) / Double(target)
    let radius = max(1, scale)
    let center = Double(start) + (Double(index) + 0.5) * scale
    let pixels = max(Int(center - radius + 0.5), 0)..<min(Int(center + radius + 0.5), source)
    let heights = pixels.map { max(0, 1 - abs((Double($0) - center + 0.5) * (1 / radius))) }
    let sum = heights.reduce(0, +)
    return zip(pixels, heights).map { ($0, Int(0.5 + $1 / sum * 4_194_304)) }
  }

  private static func pixel(_ image: PixelImage, _ y: Int, _ x: Int, _ channel: Int) -> Int {
    Int(image.pixels[(y * image.width + x) * image.channels + channel])
  }

  private static func each(_ size: Size, _ channels: Int, _ value: (Int, Int, Int) -> Float) -> [Float] {
    var values: [Float] = []
    for y in 0..<size.height {
      for x in 0..<size.width {
        for channel in 0..<channels { values.append(value(y, x, channel)) }
      }
    }
    return values
  }
}
