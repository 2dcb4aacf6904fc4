import Tensors

/// Pillow's `Image.resize(size, Image.BILINEAR)` on 8-bit pixels, bit for bit: a triangle that widens with the scale,
/// along columns first, rounded to 8 bits between, then along rows.
extension Resizing {
  @unsafe func writeAntialiased(_ image: PixelImage, _ window: Window, into target: UnsafeMutableBufferPointer<Float>) {
    let columns = TriangleFilter(
      source: image.width, from: window.left, length: window.size.width, target: size.width)
    let rows = TriangleFilter(
      source: image.height, from: window.top, length: window.size.height, target: size.height)
    let needed = rows.sources
    let scaled = Self.scaledColumns(of: image, rows: needed, columns)
    let rowLength = size.width * image.channels
    var sums = [Int32](repeating: 0, count: rowLength)
    // `scaled` holds the rows `needed`, which include each `rows.starts[y] + tap`; `target` holds height × rowLength.
    unsafe scaled.withUnsafeBufferPointer { scaled in
      unsafe sums.withUnsafeMutableBufferPointer { sums in
        for y in 0..<size.height {
          unsafe sums.update(repeating: TriangleFilter.half)
          for tap in 0..<rows.counts[y] {
            let start = (rows.starts[y] + tap - needed.lowerBound) * rowLength
            let row = unsafe UnsafeBufferPointer(rebasing: scaled[start..<(start + rowLength)])
            let weight = rows.weights[y * rows.stride + tap]
            for index in 0..<rowLength { unsafe sums[index] &+= Int32(row[index]) &* weight }
          }
          let out = unsafe UnsafeMutableBufferPointer(rebasing: target[(y * rowLength)..<((y + 1) * rowLength)])
          for index in 0..<rowLength { unsafe out[index] = Float(TriangleFilter.pixel(sums[index])) }
        }
      }
    }
  }

  /// The given rows of a picture, scaled to the target's width: `[rows.count, width, channels]`.
  private static func scaledColumns(of image: PixelImage, rows: Range<Int>, _ columns: TriangleFilter) -> [UInt8] {
    let channels = image.channels
    let count = rows.count * columns.starts.count * channels
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { out, initializedCount in
      var position = 0
      // Every `starts[x] + tap` lies inside a row, and `weights` holds `stride ≥ counts[x]` of them for each x.
      unsafe image.pixels.withUnsafeBufferPointer { pixels in
        unsafe columns.weights.withUnsafeBufferPointer { weights in
          for row in rows {
            for x in columns.starts.indices {
              let start = (row * image.width + columns.starts[x]) * channels
              let taps = columns.counts[x]
              let firstWeight = x * columns.stride
              if channels == 3 {
                var (red, green, blue) = (TriangleFilter.half, TriangleFilter.half, TriangleFilter.half)
                for tap in 0..<taps {
                  let weight = unsafe weights[firstWeight + tap]
                  unsafe red &+= Int32(pixels[start + 3 * tap]) &* weight
                  unsafe green &+= Int32(pixels[start + 3 * tap + 1]) &* weight
                  unsafe blue &+= Int32(pixels[start + 3 * tap + 2]) &* weight
                }
                unsafe out[position] = TriangleFilter.pixel(red)
                unsafe out[position + 1] = TriangleFilter.pixel(green)
                unsafe out[position + 2] = TriangleFilter.pixel(blue)
              } else {
                var sum = TriangleFilter.half
                for tap in 0..<taps { unsafe sum &+= Int32(pixels[start + tap]) &* weights[firstWeight + tap] }
                unsafe out[position] = TriangleFilter.pixel(sum)
              }
              position += channels
            }
          }
        }
      }
      initializedCount = position
    }
  }
}

/// The weights of a triangle filter along one axis, in fixed point with 22 bits after the point.
///
/// With `s = length / target`, `r = max(1, s)` and `c = from + (i + ½) s`, target pixel `i` reads the source pixels
/// `⌊c − r + ½⌋ ..< ⌊c + r + ½⌋`, as far as they exist, with weights `max(0, 1 − |p + ½ − c| / r)` scaled to sum 1.
/// As in Pillow the filter reaches over the edge of the window, though not over that of the picture.
private struct TriangleFilter {
  static let pointBits: Int32 = 22
  /// What makes cutting off the bits after the point a rounding.
  static let half = Int32(1) << (pointBits - 1)

  /// The first source pixel for each target pixel, ascending.
  private(set) var starts: [Int] = []
  /// The number of source pixels for each target pixel.
  private(set) var counts: [Int] = []
  /// `[target, stride]`; those beyond a target pixel's count are 0.
  private(set) var weights: [Int32]
  let stride: Int

  init(source: Int, from start: Int, length: Int, target: Int) {
    let scale = Double(length) / Double(target)
    let radius = max(1, scale)
    stride = 2 * Int(radius.rounded(.up)) + 1
    weights = [Int32](repeating: 0, count: target * stride)
    for index in 0..<target {
      let center = Double(start) + (Double(index) + 0.5) * scale
      let lower = max(Int(center - radius + 0.5), 0)
      let upper = min(Int(center + radius + 0.5), source)
      // Pillow's order of operations throughout: another would round differently.
      let reciprocal = 1 / radius
      let heights = (lower..<upper).map { max(0, 1 - abs((Double($0) - center + 0.5) * reciprocal)) }
      let sum = heights.reduce(0, +)
      for (tap, height) in heights.enumerated() {
        weights[index * stride + tap] = Int32(0.5 + height / sum * Double(Int32(1) << Self.pointBits))
      }
      starts.append(lower)
      counts.append(upper - lower)
    }
  }

  /// The source pixels that any target pixel reads.
  var sources: Range<Int> { starts[0]..<(starts[starts.count - 1] + counts[counts.count - 1]) }

  /// A sum of weighted pixels, which is never negative, as a pixel.
  static func pixel(_ sum: Int32) -> UInt8 { UInt8(truncatingIfNeeded: min(sum >> pointBits, 255)) }
}
