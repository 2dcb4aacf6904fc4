/// The weights of a triangle along one axis, which widens with the scale, in fixed point with 22 bits after the point.
///
/// With `s = length / target`, `r = max(1, s)` and `c = from + (i + ½) s`, target pixel `i` reads the source pixels
/// `⌊c − r + ½⌋ ..< ⌊c + r + ½⌋`, as far as they exist, with weights `max(0, 1 − |p + ½ − c| / r)` scaled to sum 1.
/// As in Pillow the triangle reaches over the edge of the window, though not over that of the picture.
struct TriangleFilter {
  private static let pointBits: Int32 = 22
  /// What makes cutting off the bits after the point a rounding.
  private static let half = Int32(1) << (pointBits - 1)

  /// The source pixels for each target pixel; both bounds ascend.
  private let taps: [Range<Int>]
  /// `[target, stride]`; those beyond a target pixel's taps are 0.
  private let weights: [Int32]
  private let stride: Int

  init(source: Int, from start: Int, length: Int, target: Int) {
    let scale = Double(length) / Double(target)
    let radius = max(1, scale)
    let stride = 2 * Int(radius.rounded(.up)) + 1
    var taps: [Range<Int>] = []
    var weights = [Int32](repeating: 0, count: target * stride)
    for index in 0..<target {
      // Pillow's order of operations throughout: another would round differently.
      let center = Double(start) + (Double(index) + 0.5) * scale
      let pixels = max(Int(center - radius + 0.5), 0)..<min(Int(center + radius + 0.5), source)
      let reciprocal = 1 / radius
      let heights = pixels.map { max(0, 1 - abs((Double($0) - center + 0.5) * reciprocal)) }
      let sum = heights.reduce(0, +)
      for (tap, height) in heights.enumerated() {
        weights[index * stride + tap] = Int32(0.5 + height / sum * Double(Int32(1) << Self.pointBits))
      }
      taps.append(pixels)
    }
    self.taps = taps
    self.weights = weights
    self.stride = stride
  }

  /// The source pixels that any target pixel reads.
  var sources: Range<Int> { taps[0].lowerBound..<taps[taps.count - 1].upperBound }

  /// The given rows of a picture, scaled to the target's width.
  func scaleColumns(of image: PixelImage, rows: Range<Int>) -> PixelImage {
    let channels = image.channels
    let count = rows.count * taps.count * channels
    let scaled = unsafe [UInt8](unsafeUninitializedCapacity: count) { out, initializedCount in
      var position = 0
      // Every tap lies inside a row, and `weights` holds `stride ≥ taps[x].count` of them for each x.
      unsafe image.pixels.withUnsafeBufferPointer { pixels in
        unsafe weights.withUnsafeBufferPointer { weights in
          for row in rows {
            for (x, pixel) in taps.enumerated() {
              let start = (row * image.width + pixel.lowerBound) * channels
              let firstWeight = x * stride
              if channels == 3 {
                var (red, green, blue) = (Self.half, Self.half, Self.half)
                for tap in 0..<pixel.count {
                  let weight = unsafe weights[firstWeight + tap]
                  unsafe red &+= Int32(pixels[start + 3 * tap]) &* weight
                  unsafe green &+= Int32(pixels[start + 3 * tap + 1]) &* weight
                  unsafe blue &+= Int32(pixels[start + 3 * tap + 2]) &* weight
                }
                unsafe out[position] = Self.rounded(red)
                unsafe out[position + 1] = Self.rounded(green)
                unsafe out[position + 2] = Self.rounded(blue)
              } else {
                var sum = Self.half
                for tap in 0..<pixel.count { unsafe sum &+= Int32(pixels[start + tap]) &* weights[firstWeight + tap] }
                unsafe out[position] = Self.rounded(sum)
              }
              position += channels
            }
          }
        }
      }
      initializedCount = position
    }
    return PixelImage(width: taps.count, height: rows.count, mode: image.mode, pixels: scaled)
  }

  /// A picture scaled to the target's height; its first row is the source's row `firstRow`.
  func scaleRows(of image: PixelImage, from firstRow: Int) -> PixelImage {
    let rowLength = image.width * image.channels
    var sums = [Int32](repeating: 0, count: rowLength)
    let scaled = unsafe [UInt8](unsafeUninitializedCapacity: taps.count * rowLength) { out, initializedCount in
      // The picture holds every row of `sources`, and `sums` one row.
      unsafe image.pixels.withUnsafeBufferPointer { pixels in
        unsafe sums.withUnsafeMutableBufferPointer { sums in
          for (y, rows) in taps.enumerated() {
            unsafe sums.update(repeating: Self.half)
            for (tap, row) in rows.enumerated() {
              let start = (row - firstRow) * rowLength
              let weight = weights[y * stride + tap]
              for index in 0..<rowLength { unsafe sums[index] &+= Int32(pixels[start + index]) &* weight }
            }
            for index in 0..<rowLength { unsafe out[y * rowLength + index] = Self.rounded(sums[index]) }
          }
        }
      }
      initializedCount = taps.count * rowLength
    }
    return PixelImage(width: image.width, height: taps.count, mode: image.mode, pixels: scaled)
  }

  /// A sum of weighted pixels and a half, which is never negative, as a pixel.
  private static func rounded(_ sum: Int32) -> UInt8 { UInt8(truncatingIfNeeded: min(sum >> pointBits, 255)) }
}
