import Foundation

/// How two colours share a surface.
struct Texture {
  enum Pattern: CaseIterable { case plain, stripes, checks, dots, clouds }

  var pattern: Pattern
  var first: Color
  var second: Color
  var frequency: Double
  var rotation: Rotation
  var noise: ValueNoise

  init(pattern: Pattern, base: Color, contrast: Double, from random: inout RandomStream) {
    self.pattern = pattern
    let shift = Color(repeating: random.isTrue(0.5) ? contrast : -contrast)
    let tint = Color(random.number(-0.08, 0.08), random.number(-0.08, 0.08), random.number(-0.08, 0.08))
    first = base
    second = (base + shift + tint).clamped(lowerBound: Color(repeating: 0), upperBound: Color(repeating: 1))
    frequency = random.number(1.6, 3.2)
    rotation = Rotation(random.angle())
    noise = ValueNoise(from: &random)
  }

  func color(at point: Point) -> Color {
    let p = rotation(point) * frequency
    let part: Double
    switch pattern {
    case .plain: part = 0
    case .stripes: part = smoothstep(-0.2, 0.2, sin(.pi * p.x))
    case .checks: part = smoothstep(-0.15, 0.15, sin(.pi * p.x) * sin(.pi * p.y))
    case .dots:
      let cell = Point(p.x - p.x.rounded(), p.y - p.y.rounded())
      part = 1 - smoothstep(0.22, 0.36, length(cell))
    case .clouds: part = noise.value(at: p * 1.5)
    }
    return mix(first, second, part)
  }
}

/// Smooth random heights, 0…1, repeating every 8 units.
struct ValueNoise {
  private var heights: [Double]

  init(from random: inout RandomStream) { heights = (0..<64).map { _ in random.number(0, 1) } }

  func value(at p: Point) -> Double {
    let cell = p.rounded(.down)
    let t = p - cell
    let (x, y) = (Int(cell.x), Int(cell.y))
    func height(_ dx: Int, _ dy: Int) -> Double { heights[((y + dy) & 7) * 8 + ((x + dx) & 7)] }
    let (u, v) = (smoothstep(0, 1, t.x), smoothstep(0, 1, t.y))
    return mix(mix(height(0, 0), height(1, 0), u), mix(height(0, 1), height(1, 1), u), v)
  }
}
