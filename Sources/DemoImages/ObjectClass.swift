import Foundation

/// The things to tell apart. Each is an outline, given by its signed distance: negative inside.
///
/// Several distances are Inigo Quilez' [2D distance functions](https://iquilezles.org/articles/distfunctions2d/).
package enum ObjectClass: String, CaseIterable, Sendable {
  case ball, crescent, cross, heart, ring, spiral, star, triangle

  /// The distance of a point from the outline of the thing of radius 1 around the origin.
  func distance(_ p: Point) -> Double {
    switch self {
    case .ball:
      return length(p) - 0.92
    case .crescent:
      return max(length(p) - 0.95, 0.78 - length(p - Point(0.5, 0)))
    case .cross:
      let q = Point(max(abs(p.x), abs(p.y)), min(abs(p.x), abs(p.y)))
      return max(q.x - 0.95, q.y - 0.27)
    case .heart:
      return Self.heart(Point(p.x, 0.78 - p.y) / 1.45) * 1.45
    case .ring:
      return abs(length(p) - 0.7) - 0.22
    case .spiral:
      let radius = length(p)
      let turns = radius / 0.52 - atan2(p.y, p.x) / (2 * .pi)
      let arm = abs(turns - turns.rounded()) * 0.52 - 0.13
      return max(arm, radius - 1.05)
    case .star:
      return Self.star(p)
    case .triangle:
      return Self.triangle(p * Point(1, -1) - Point(0, -0.18), radius: 0.9)
    }
  }

  private static func heart(_ point: Point) -> Double {
    let p = Point(abs(point.x), point.y)
    if p.x + p.y > 1 { return length(p - Point(0.25, 0.75)) - 0.353_553_390_593_273_8 }
    let toTop = p - Point(0, 1)
    let onDiagonal = p - Point(repeating: 0.5 * max(p.x + p.y, 0))
    return min(length(toTop), length(onDiagonal)) * (p.x < p.y ? -1 : 1)
  }

  /// A star of five points.
  private static func star(_ point: Point) -> Double {
    let sector = 2 * Double.pi / 5
    let angle = atan2(point.x, -point.y)
    let folded = abs(angle - (angle / sector).rounded() * sector)
    let radius = length(point)
    let p = Point(radius * cos(folded), radius * sin(folded))
    // Between a tip at radius 1 and a notch at radius 0.42, half a sector apart.
    let tip = Point(1, 0)
    let notch = Point(cos(sector / 2), sin(sector / 2)) * 0.42
    let edge = notch - tip
    let normal = Point(-edge.y, edge.x) / length(edge)
    return dot(p - tip, normal) * -1
  }

  /// An equilateral triangle, its point up.
  private static func triangle(_ point: Point, radius: Double) -> Double {
    let k = 3.0.squareRoot()
    var p = Point(abs(point.x) - radius, point.y + radius / k)
    if p.x + k * p.y > 0 { p = Point(p.x - k * p.y, -k * p.x - p.y) / 2 }
    p.x -= clamp(p.x, -2 * radius, 0)
    return -length(p) * (p.y < 0 ? -1 : 1)
  }
}
