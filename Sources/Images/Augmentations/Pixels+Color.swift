/// Changes of colour. All but contrast leave grey pictures, of one channel, as they are.
extension Pixels {
  /// `(x − mean) · factor + mean`, with the mean of each channel.
  func changeContrast(_ factor: Float) {
    if factor == 1 { return }
    for channel in 0..<channels {
      var sum = 0.0
      for index in stride(from: channel, to: count, by: channels) { sum += Double(self[index]) }
      let mean = Float(sum / Double(height * width))
      for index in stride(from: channel, to: count, by: channels) {
        self[index] = inRange((self[index] - mean) * factor + mean)
      }
    }
  }

  /// Goes `share` of the way from each colour to its grey; below 0 away from it.
  func blendWithGrey(_ share: Float) {
    guard share != 0 else { return }
    mapColors { red, green, blue in
      let grey = 0.2989 * red + 0.587 * green + 0.114 * blue
      return (red + share * (grey - red), green + share * (grey - green), blue + share * (grey - blue))
    }
  }

  /// Multiplies the saturation of the HSV model, up to 1: with the largest value v of a pixel and its least m each value x becomes
  /// `v − f (v − x)`, and f is at most `v / (v − m)`.
  func saturate(by factor: Float) {
    guard factor != 1 else { return }
    mapColors { red, green, blue in
      let value = max(red, max(green, blue))
      let range = value - min(red, min(green, blue))
      let most = range > 0 ? min(factor, value / range) : 1
      return (value - most * (value - red), value - most * (value - green), value - most * (value - blue))
    }
  }

  /// Turns the hue of the HSV model by parts of the colour wheel, at most half of it.
  func shiftHue(by turn: Float) {
    guard channels == 3, turn != 0 else { return }
    let sixths = 6 * turn
    // Written out, and with products instead of choices, so that it becomes vector instructions: several times as fast.
    for index in 0..<height * width {
      let start = 3 &* index
      let (red, green, blue) = (self[start], self[start &+ 1], self[start &+ 2])
      let value = max(red, max(green, blue))
      let least = min(red, min(green, blue))
      let range = value - least
      // In sixths of the wheel, from red over green to blue. A pixel without colour has no hue; any will do.
      let scale = 1 / max(range, 1e-6)
      let (redHue, greenHue, blueHue) = ((green - blue) * scale, (blue - red) * scale + 2, (red - green) * scale + 4)
      let isRed: Float = red == value ? 1 : 0
      let isGreen: Float = (green == value ? 1 : 0) * (1 - isRed)
      var hue = isRed * redHue + isGreen * greenHue + (1 - isRed - isGreen) * blueHue + sixths
      let below: Float = hue < 0 ? 6 : 0
      hue += below
      let above: Float = hue >= 6 ? 6 : 0
      hue -= above
      let redShare = max(0, min(1, (hue - 3).magnitude - 1))
      let greenShare = max(0, min(1, 2 - (hue - 2).magnitude))
      let blueShare = max(0, min(1, 2 - (hue - 4).magnitude))
      self[start] = min(least + range * redShare, value)
      self[start &+ 1] = min(least + range * greenShare, value)
      self[start &+ 2] = min(least + range * blueShare, value)
    }
  }

  /// Each pixel becomes what `change` makes of its red, green and blue, brought back to 0…255; grey pictures stay.
  @inline(__always) private func mapColors(_ change: (Float, Float, Float) -> (Float, Float, Float)) {
    guard channels == 3 else { return }
    for index in 0..<height * width {
      let start = 3 &* index
      let (red, green, blue) = change(self[start], self[start &+ 1], self[start &+ 2])
      (self[start], self[start &+ 1], self[start &+ 2]) = (inRange(red), inRange(green), inRange(blue))
    }
  }
}
