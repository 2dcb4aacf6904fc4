/// Changes of the scale from dark to light, channel by channel.
extension Pixels {
  /// Stretches each channel from its least and greatest value to 0 and 255; one that is the same everywhere stays. Keras'
  /// `AutoContrast`.
  func stretchContrast() {
    for channel in 0..<channels {
      var (low, high) = (Float.infinity, -Float.infinity)
      for index in stride(from: channel, to: count, by: channels) {
        (low, high) = (min(low, self[index]), max(high, self[index]))
      }
      guard high > low else { continue }
      let scale = 255 / (high - low)
      for index in stride(from: channel, to: count, by: channels) { self[index] = inRange((self[index] - low) * scale) }
    }
  }

  /// Makes all grey levels of each channel about equally frequent; one that has a single level stays. Keras' `Equalization`.
  func equalize() {
    for channel in 0..<channels {
      var counts = [Int](repeating: 0, count: 256)
      for index in stride(from: channel, to: count, by: channels) { counts[Self.level(self[index])] += 1 }
      guard let least = counts.first(where: { $0 > 0 }), least < height * width else { continue }
      var below = 0
      let levels = counts.map { number -> Float in
        below += number
        let share = Double(max(0, below - least)) / Double(height * width - least)
        return Float((255 * share).rounded(.toNearestOrEven))
      }
      for index in stride(from: channel, to: count, by: channels) { self[index] = levels[Self.level(self[index])] }
    }
  }

  /// Inverts what is above a threshold.
  func solarize(above threshold: Float) { map { $0 > threshold ? 255 - $0 : $0 } }

  /// Leaves so many bits of each grey level; 8 or more change nothing.
  func posterize(bits: Int) {
    guard bits < 8 else { return }
    let step = 1 << (8 - bits)
    map { Float(Self.level($0) / step * step) }
  }

  private static func level(_ value: Float) -> Int { min(255, max(0, Int(value))) }
}
