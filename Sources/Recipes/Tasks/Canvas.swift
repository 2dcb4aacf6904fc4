internal import Images
internal import Tensors

/// RGB pixels to draw on.
struct Canvas {
  let width: Int
  let height: Int
  private var pixels: [UInt8]

  init(width: Int, height: Int, fill: UInt8) {
    self.width = width
    self.height = height
    pixels = [UInt8](repeating: fill, count: width * height * 3)
  }

  var image: PixelImage { PixelImage(width: width, height: height, mode: .rgb, pixels: pixels) }

  mutating func write(_ text: String, x: Int, y: Int, scale: Int, ink: UInt8) {
    PixelFont.draw(text) { dotX, dotY in
      for dy in 0..<scale {
        for dx in 0..<scale { put(x + dotX * scale + dx, y + dotY * scale + dy, (ink, ink, ink)) }
      }
    }
  }

  /// Draws `[height, width, 1 or 3]` values 0…255 into a rectangle, by the nearest pixel.
  mutating func draw(_ tensor: Tensor, x: Int, y: Int, size: Size) {
    let values = tensor.elements
    let channels = tensor.shape[2]
    func byte(_ value: Float) -> UInt8 { UInt8(min(255, max(0, value.rounded()))) }
    for row in 0..<size.height {
      for column in 0..<size.width {
        let source =
          (row * tensor.shape[0] / size.height * tensor.shape[1] + column * tensor.shape[1] / size.width) * channels
        let colour = (0..<3).map { byte(values[source + min($0, channels - 1)]) }
        put(x + column, y + row, (colour[0], colour[1], colour[2]))
      }
    }
  }

  /// A straight line of so many pixels' thickness.
  mutating func line(
    from start: (x: Double, y: Double), to end: (x: Double, y: Double), thickness: Int = 1,
    colour: (UInt8, UInt8, UInt8)
  ) {
    let steps = max(1, Int(max(abs(end.x - start.x), abs(end.y - start.y)).rounded(.up)))
    for step in 0...steps {
      let share = Double(step) / Double(steps)
      let (x, y) = (start.x + (end.x - start.x) * share, start.y + (end.y - start.y) * share)
      dot(x: x, y: y, size: thickness, colour: colour)
    }
  }

  /// A square of `size` pixels around a place.
  mutating func dot(x: Double, y: Double, size: Int, colour: (UInt8, UInt8, UInt8)) {
    let (left, top) = (Int((x - Double(size - 1) / 2).rounded()), Int((y - Double(size - 1) / 2).rounded()))
    for dy in 0..<size { for dx in 0..<size { put(left + dx, top + dy, colour) } }
  }

  private mutating func put(_ x: Int, _ y: Int, _ colour: (UInt8, UInt8, UInt8)) {
    guard x >= 0, y >= 0, x < width, y < height else { return }
    let place = (y * width + x) * 3
    (pixels[place], pixels[place + 1], pixels[place + 2]) = colour
  }
}
