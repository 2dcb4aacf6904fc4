import Foundation
package import Images
import Tensors

extension Scene {
  /// The picture of this scene, `size` pixels on a side: 9 samples a pixel, then grain.
  package func rendered(size: Int) -> PixelImage {
    let samples = 3
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * size * size)
    for y in 0..<size {
      for x in 0..<size {
        var sum = Color(repeating: 0)
        for sample in 0..<samples * samples {
          let offset = Point(Double(sample % samples), Double(sample / samples)) + 0.5
          let position = (Point(Double(x), Double(y)) + offset / Double(samples)) / Double(size)
          sum += color(at: position * 2 - 1)
        }
        var color = (sum / Double(samples * samples) - 0.5) * contrast + 0.5 + brightness
        let draws = grainKey.bits(at: UInt64(y * size + x))
        for channel in 0..<3 {
          // Two uniform numbers make a triangular distribution; a part of the grain is common to all channels.
          let own = (Double(draws[channel] & 0xFFFF) + Double(draws[channel] >> 16)) * 0x1p-16 - 1
          let common = (Double(draws[3] & 0xFFFF) + Double(draws[3] >> 16)) * 0x1p-16 - 1
          color[channel] += (0.6 * own + 0.8 * common) * grain * 2
          pixels.append(UInt8((clamp(color[channel]) * 255).rounded()))
        }
      }
    }
    return PixelImage(width: size, height: size, mode: .rgb, pixels: pixels)
  }

  /// The colour that the eye sees at a point.
  private func color(at p: Point) -> Color {
    var color = ground.color(at: p) + dot(groundSlope, p)
    for solid in solids {
      // Neither the thing nor its shadow reaches farther.
      if length(p - solid.center) > 1.5 * solid.radius + 0.1 { continue }
      let local = solid.local(p)
      let distance = solid.outline.distance(local)
      if distance < 0 {
        color = surface(of: solid, at: local, distance)
      } else {
        // The shadow falls away from the light, softer with distance.
        let behind = solid.outline.distance(solid.local(p + light * 0.09))
        color *= 1 - shadow * (1 - smoothstep(-0.12, 0.22, behind))
      }
    }
    return color * (1 + glow * dot(light, p))
  }

  /// The lit surface of a solid at a point in its own coordinates.
  private func surface(of solid: Solid, at local: Point, _ distance: Double) -> Color {
    var slope: Point
    var texel = local
    if case .object(.ball) = solid.outline {
      slope = local / 0.92
      let height = max(1 - dot(slope, slope), 0.02).squareRoot()
      texel = Point(atan2(slope.x, height), asin(clamp(slope.y, -1, 1))) * 1.3
      slope /= height
    } else {
      let step = 0.02
      let gradient =
        Point(
          solid.outline.distance(local + Point(step, 0)) - solid.outline.distance(local - Point(step, 0)),
          solid.outline.distance(local + Point(0, step)) - solid.outline.distance(local - Point(0, step))) / (2 * step)
      slope = gradient * 1.4 * (1 - clamp(-distance / solid.bevel))
    }
    // The surface's normal and the light are both (x, y, height), brought to length 1.
    let normal = solid.rotation(slope)
    let normalLength = (dot(normal, normal) + 1).squareRoot()
    let lightLength = (1 + lightHeight * lightHeight).squareRoot()
    let cosine = max((dot(normal, light) + lightHeight) / (normalLength * lightLength), 0)
    let flat = lightHeight / lightLength
    let diffuse = ambient + (1 - ambient) * cosine / flat
    let highlight = shine * pow(cosine, 24)
    return solid.texture.color(at: texel) * min(diffuse, 1.35) + highlight
  }
}
