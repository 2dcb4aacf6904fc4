#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Where the pixels of a changed picture come from: the one at (x, y) from (a₀ x + a₁ y + a₂, b₀ x + b₁ y + b₂), counted in
/// pixels from the middle of the upper left one, as Keras' `affine_transform` takes it.
struct AffineMap: Hashable {
  var a0 = 1.0
  var a1 = 0.0
  var a2 = 0.0
  var b0 = 0.0
  var b1 = 1.0
  var b2 = 0.0

  static let identity = AffineMap()

  /// A turn by an angle about the middle of a picture, counter-clockwise; in radians.
  static func rotation(_ angle: Double, height: Int, width: Int) -> AffineMap {
    let (x, y) = (Double(width - 1) / 2, Double(height - 1) / 2)
    let (cosine, sine) = (cos(angle), sin(angle))
    return AffineMap(
      a0: cosine, a1: -sine, a2: x - x * cosine + y * sine, b0: sine, b1: cosine, b2: y - x * sine - y * cosine)
  }

  /// The rectangle that begins at (x, y) and has this width and height, counted from the upper left corner, stretched to a
  /// picture's size.
  static func stretching(
    x: Double, y: Double, width: Double, height: Double, toWidth: Int, toHeight: Int
  ) -> AffineMap {
    let (across, down) = (width / Double(toWidth), height / Double(toHeight))
    return AffineMap(a0: across, a2: x + (across - 1) / 2, b1: down, b2: y + (down - 1) / 2)
  }
}

/// A part of a picture that is taken for the whole.
struct PixelWindow: Hashable {
  var x = 0
  var y = 0
  var width: Int
  var height: Int
}

extension Pixels {
  /// Draws the picture anew, each pixel from where the map says.
  ///
  /// - Parameter window: what is read of the picture, and beyond whose border the sampling fills; nil for all of it.
  func transform(_ map: AffineMap, _ sampling: PixelSampling, window: PixelWindow? = nil) {
    let all = PixelWindow(width: width, height: height)
    let window = window ?? all
    if map == .identity, window == all { return }
    // Each pixel in a vector, whatever its channels: then the four around a place are mixed at once.
    unsafe withUnsafeTemporaryAllocation(of: SIMD4<Float>.self, capacity: window.width * window.height) { source in
      for y in 0..<window.height {
        var (start, place) = (((y + window.y) * width + window.x) * channels, y * window.width)
        for _ in 0..<window.width {
          unsafe source.initializeElement(at: place, to: pixel(at: start))
          (start, place) = (start &+ channels, place &+ 1)
        }
      }
      unsafe draw(map, sampling, from: source, window)
    }
  }

  private func draw(
    _ map: AffineMap, _ sampling: PixelSampling, from source: UnsafeMutableBufferPointer<SIMD4<Float>>,
    _ window: PixelWindow
  ) {
    let (columns, rows) = (window.width, window.height)
    let fill = SIMD4<Float>(repeating: Float(sampling.fillValue))
    let isNearest = sampling.interpolation == .nearest
    /// The pixel of a column and a row; of -1 that of the filling.
    @inline(__always) func pixel(_ column: Int, _ row: Int) -> SIMD4<Float> {
      // Both are -1 or inside.
      column < 0 || row < 0 ? fill : unsafe source[row &* columns &+ column]
    }
    for y in 0..<height {
      let startX = map.a1 * Double(y) + map.a2 - Double(window.x)
      let startY = map.b1 * Double(y) + map.b2 - Double(window.y)
      var start = y * width * channels
      for x in 0..<width {
        let (fromX, fromY) = (map.a0 * Double(x) + startX, map.b0 * Double(x) + startY)
        let drawn: SIMD4<Float>
        if isNearest {
          drawn = pixel(
            sampling.pixel(Self.floor(fromX + 0.5), of: columns), sampling.pixel(Self.floor(fromY + 0.5), of: rows))
        } else {
          let (left, top) = (Self.floor(fromX), Self.floor(fromY))
          let (right, low) = (Float(fromX - Double(left)), Float(fromY - Double(top)))
          if left >= 0, top >= 0, left < columns - 1, top < rows - 1 {
            // All four are inside.
            let place = top &* columns &+ left
            let upper = unsafe source[place] + (source[place &+ 1] - source[place]) * right
            let below = place &+ columns
            let lower = unsafe source[below] + (source[below &+ 1] - source[below]) * right
            drawn = upper + (lower - upper) * low
          } else {
            let (first, second) = (sampling.pixel(left, of: columns), sampling.pixel(left + 1, of: columns))
            let (third, fourth) = (sampling.pixel(top, of: rows), sampling.pixel(top + 1, of: rows))
            let upper = pixel(first, third) + (pixel(second, third) - pixel(first, third)) * right
            let lower = pixel(first, fourth) + (pixel(second, fourth) - pixel(first, fourth)) * right
            drawn = upper + (lower - upper) * low
          }
        }
        set(drawn, at: start)
        start &+= channels
      }
    }
  }

  /// The largest whole number that is not above another. Without SSE 4.1, `rounded(.down)` is a call.
  @inline(__always) private static func floor(_ value: Double) -> Int {
    let whole = Int(value)
    return value < Double(whole) ? whole &- 1 : whole
  }
}
