import Foundation

/// A point or direction in the picture's plane.
typealias Point = SIMD2<Double>

/// Red, green and blue, 0…1.
typealias Color = SIMD3<Double>

func dot(_ a: Point, _ b: Point) -> Double { (a * b).sum() }
func length(_ p: Point) -> Double { dot(p, p).squareRoot() }

func clamp(_ value: Double, _ low: Double = 0, _ high: Double = 1) -> Double { min(max(value, low), high) }
func mix(_ a: Double, _ b: Double, _ part: Double) -> Double { a + (b - a) * part }
func mix(_ a: Color, _ b: Color, _ part: Double) -> Color { a + (b - a) * part }

/// 0 below `low`, 1 above `high`, smooth between.
func smoothstep(_ low: Double, _ high: Double, _ value: Double) -> Double {
  let t = clamp((value - low) / (high - low))
  return t * t * (3 - 2 * t)
}

/// A turn by an angle.
struct Rotation {
  private let cosine: Double
  private let sine: Double

  init(_ angle: Double) {
    cosine = cos(angle)
    sine = sin(angle)
  }

  func callAsFunction(_ p: Point) -> Point { Point(p.x * cosine - p.y * sine, p.x * sine + p.y * cosine) }

  func inverse(_ p: Point) -> Point { Point(p.x * cosine + p.y * sine, p.y * cosine - p.x * sine) }
}

extension Color {
  /// A colour of the given hue (0…1), saturation and lightness as the eye weighs it.
  init(hue: Double, saturation: Double, luma: Double) {
    let wheel = Color(0, 1.0 / 3, 2.0 / 3).map { 0.5 + 0.5 * cos(2 * .pi * (hue - $0)) }
    let pure = wheel * saturation + Color(repeating: 0.5 * (1 - saturation))
    // Shifting all three by the same amount sets the luma; clamping keeps it near.
    self = (pure + (luma - pure.luma)).clamped(lowerBound: Color(repeating: 0), upperBound: Color(repeating: 1))
  }

  var luma: Double { (self * Color(0.299, 0.587, 0.114)).sum() }

  private func map(_ transform: (Double) -> Double) -> Color { Color(transform(x), transform(y), transform(z)) }
}
