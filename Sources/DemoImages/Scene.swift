import Foundation
package import Tensors

/// Everything about one picture: a thing of some class before a cluttered ground, under a light.
///
/// Place, size, turn, colours, texture and light are drawn independently of the class, so that none of them tells it.
/// The picture spans −1…1 in both directions.
package struct Scene {
  /// What a thing looks like from above.
  enum Outline {
    case object(ObjectClass)
    /// As long as 2, as wide as twice this.
    case block(Double)

    func distance(_ p: Point) -> Double {
      switch self {
      case .object(let kind): kind.distance(p)
      case .block(let halfWidth): max(abs(p.x) - 1, abs(p.y) - halfWidth)
      }
    }
  }

  /// A thing lying somewhere.
  struct Solid {
    var outline: Outline
    var center: Point
    var radius: Double
    var rotation: Rotation
    /// How much the thing is squeezed across.
    var squeeze: Double
    var texture: Texture
    /// How far from its edge a surface rises, as a part of the radius.
    var bevel: Double

    /// A point of the picture in the thing's own coordinates, where its radius is 1.
    func local(_ p: Point) -> Point {
      let q = rotation.inverse(p - center) / radius
      return Point(q.x, q.y / squeeze)
    }
  }

  var ground: Texture
  var groundSlope: Point
  var solids: [Solid]
  /// Where the light comes from, a direction of length 1, and how steeply.
  var light: Point
  var lightHeight: Double
  var ambient: Double
  var shine: Double
  var shadow: Double
  /// The brightening of the picture towards the light.
  var glow: Double
  var contrast: Double
  var brightness: Double
  var grain: Double
  let grainKey: RandomKey

  /// The scene that a key stands for.
  package init(_ kind: ObjectClass, key: RandomKey) {
    var random = RandomStream(key.folding("scene"))
    light = Rotation(random.angle())(Point(1, 0))
    lightHeight = random.number(0.7, 1.3)
    ambient = random.number(0.35, 0.6)
    shine = random.number(0, 0.5)
    shadow = random.number(0.2, 0.6)
    glow = random.number(0, 0.25)
    contrast = random.number(0.8, 1.1)
    brightness = random.number(-0.06, 0.06)
    grain = random.number(0.008, 0.03)
    grainKey = key.folding("grain")

    // The thing is lighter or darker than the ground, by enough to be seen.
    let groundLuma = random.number(0.15, 0.85)
    let step = random.number(0.36, 0.6)
    let isLighter = groundLuma < 0.35 ? true : groundLuma > 0.65 ? false : random.isTrue(0.5)
    let luma = clamp(groundLuma + (isLighter ? step : -step), 0.05, 0.95)
    func color(_ luma: Double, _ random: inout RandomStream) -> Color {
      Color(hue: random.number(0, 1), saturation: random.number(0.1, 0.85), luma: luma)
    }

    let groundColor = color(groundLuma, &random)
    ground = Texture(
      pattern: random.element(of: [.clouds, .clouds, .clouds, .stripes, .plain]), base: groundColor,
      contrast: random.number(0.04, 0.14), from: &random)
    groundSlope = random.point(within: 0.12)

    // Clutter first, so that the thing lies on top of it: bars and blocks of the ground's own brightness or near.
    solids = []
    for _ in 0..<(2 + random.index(below: 3)) {
      let isBar = random.isTrue(0.6)
      let thickness = isBar ? random.number(0.08, 0.2) : random.number(0.5, 0.9)
      solids.append(
        Solid(
          outline: .block(thickness),
          center: random.point(within: 1.05), radius: isBar ? random.number(0.4, 1.0) : random.number(0.12, 0.26),
          rotation: Rotation(random.angle()), squeeze: 1,
          texture: Texture(
            pattern: random.element(of: Texture.Pattern.allCases),
            base: color(clamp(groundLuma + random.number(-0.16, 0.16), 0.05, 0.95), &random),
            contrast: random.number(0, 0.15), from: &random), bevel: 0.15))
    }

    let radius = random.number(0.54, 0.8)
    let isTextured = random.isTrue(0.5)
    solids.append(
      Solid(
        outline: .object(kind), center: random.point(within: 0.85 - 0.9 * radius), radius: radius,
        rotation: Rotation(random.number(-0.6, 0.6)), squeeze: random.number(0.85, 1),
        texture: Texture(
          pattern: kind == .ball ? .checks : isTextured ? random.element(of: Texture.Pattern.allCases) : .plain,
          base: color(luma, &random), contrast: kind == .ball ? 0.22 : random.number(0.05, 0.16), from: &random),
        bevel: random.number(0.12, 0.3)))

    // Something small may lie before the thing, over a part of its edge.
    if random.isTrue(0.3) {
      solids.append(
        Solid(
          outline: .block(0.22),
          center: Rotation(random.angle())(Point(random.number(0.55, 0.95), 0)), radius: random.number(0.12, 0.28),
          rotation: Rotation(random.angle()), squeeze: 1,
          texture: Texture(
            pattern: .plain, base: color(random.number(0.1, 0.9), &random), contrast: 0, from: &random), bevel: 0.15))
    }
  }
}
