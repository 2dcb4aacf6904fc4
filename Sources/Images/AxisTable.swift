internal import CImageShims

/// Which source pixels make each target pixel of one axis, and with which weights.
struct AxisTable {
  /// The first source pixel of each target pixel.
  var first: [Int32] = []
  /// How many source pixels there are from there on.
  var taps: [Int32] = []
  /// Linear interpolation of one or two pixels, `a + (b − a) · fraction`; empty where there are weights.
  var fractions: [Float] = []
  /// `[target, stride]`: fixed point with 22 bits after the point.
  var weights: [Int32] = []
  var stride = 1

  /// The same weights for an axis of `count` pixels, and the target, that run the other way.
  func reversed(of count: Int) -> AxisTable {
    var table = AxisTable(stride: stride)
    for index in first.indices.reversed() {
      let place = index * stride
      table.first.append(Int32(count) - first[index] - taps[index])
      table.taps.append(taps[index])
      table.weights += weights[place..<place + Int(taps[index])].reversed()
      table.weights += weights[place + Int(taps[index])..<place + stride]
    }
    return table
  }

  /// Calls `body` with the table in C's form, which is valid until it returns.
  @unsafe func withShim<R>(_ body: (ft_axis) -> R) -> R {
    unsafe first.withUnsafeBufferPointer { first in
      unsafe taps.withUnsafeBufferPointer { taps in
        unsafe fractions.withUnsafeBufferPointer { fractions in
          unsafe weights.withUnsafeBufferPointer { weights in
            unsafe body(
              ft_axis(
                count: UInt32(first.count), stride: UInt32(stride), first: first.baseAddress, taps: taps.baseAddress,
                fractions: weights.isEmpty ? fractions.baseAddress : nil,
                weights: weights.isEmpty ? nil : weights.baseAddress))
          }
        }
      }
    }
  }
}

extension AxisTable {
  /// The nearest two pixels: target pixel `i` lies at `x = (i + ½) length / target − ½` of a window of the source.
  static func bilinear(from start: Int, length: Int, target: Int) -> AxisTable {
    var table = AxisTable()
    let scale = Float(length) / Float(target)
    for index in 0..<target {
      let position = (Float(index) + 0.5) * scale - 0.5
      let floor = position.rounded(.down)
      let lower = min(max(Int(floor), 0), length - 1)
      let upper = min(max(Int(position.rounded(.up)), 0), length - 1)
      table.first.append(Int32(start + lower))
      table.taps.append(Int32(upper - lower + 1))
      table.fractions.append(position - floor)
    }
    return table
  }

  /// The pixel at `⌊(i + ½) length / target⌋` of a window of the source.
  static func nearest(from start: Int, length: Int, target: Int) -> AxisTable {
    let scale = Float(length) / Float(target)
    let first = (0..<target).map { index in
      Int32(start + max(min(Int(((Float(index) + 0.5) * scale).rounded(.down)), length - 1), 0))
    }
    return AxisTable(
      first: first, taps: Array(repeating: 1, count: target), fractions: Array(repeating: 0, count: target))
  }

  /// A triangle that widens with the scale. With `s = length / target`, `r = max(1, s)` and `c = start + (i + ½) s`, target
  /// pixel `i` reads the source pixels `⌊c − r + ½⌋ ..< ⌊c + r + ½⌋`, as far as they exist, with weights
  /// `max(0, 1 − |p + ½ − c| / r)` scaled to sum 1. As in Pillow the triangle reaches over the edge of the window, though not
  /// over that of the picture.
  static func triangle(source: Int, from start: Int, length: Int, target: Int) -> AxisTable {
    var table = AxisTable()
    let scale = Double(length) / Double(target)
    let radius = max(1, scale)
    let reciprocal = 1 / radius
    table.stride = 2 * Int(radius.rounded(.up)) + 1
    table.weights = Array(repeating: 0, count: target * table.stride)
    for index in 0..<target {
      // Pillow's order of operations throughout: another would round differently.
      let center = Double(start) + (Double(index) + 0.5) * scale
      let pixels = max(Int(center - radius + 0.5), 0)..<min(Int(center + radius + 0.5), source)
      func height(_ pixel: Int) -> Double { max(0, 1 - abs((Double(pixel) - center + 0.5) * reciprocal)) }
      let sum = pixels.reduce(0) { $0 + height($1) }
      for (tap, pixel) in pixels.enumerated() {
        table.weights[index * table.stride + tap] = Int32(0.5 + height(pixel) / sum * Double(1 << 22))
      }
      table.first.append(Int32(pixels.lowerBound))
      table.taps.append(Int32(pixels.count))
    }
    return table
  }
}
