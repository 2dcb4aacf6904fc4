extension Pixels {
  /// Mixes each pixel with those around it, by weights for the columns and for the rows; beyond the border the picture is
  /// reflected.
  func blur(across: [Float], down: [Float]) {
    let border = PixelSampling(fillMode: .reflect)
    let row = width * channels
    let reach = across.count / 2
    unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: count + row + 2 * reach * channels) { memory in
      unsafe memory.initialize(repeating: 0)
      // The picture with its columns mixed, then a row that reaches beyond the border. Both lie within the memory.
      guard let mixed = memory.baseAddress else { return }
      let extended = unsafe mixed + count
      for y in 0..<height {
        for x in -reach..<width + reach {
          let from = y * row + border.pixel(x, of: width) * channels
          for channel in 0..<channels { unsafe extended[(x + reach) * channels + channel] = self[from + channel] }
        }
        for (tap, weight) in across.enumerated() {
          let (target, source) = unsafe (mixed + y * row, extended + tap * channels)
          for index in 0..<row { unsafe target[index] += weight * source[index] }
        }
      }
      // Every row is mixed where the extended one was, of which no more is needed.
      for y in 0..<height {
        for index in 0..<row { unsafe extended[index] = 0 }
        for (tap, weight) in down.enumerated() {
          let source = unsafe mixed + border.pixel(y + tap - down.count / 2, of: height) * row
          for index in 0..<row { unsafe extended[index] += weight * source[index] }
        }
        // The weights' sum may be 1 and a bit.
        let start = y * row
        for index in 0..<row { self[start &+ index] = inRange(unsafe extended[index]) }
      }
    }
  }

  /// Goes `share` of the way from each pixel to the mean of the 3 × 3 around it, in which it counts five times; below 0 away from
  /// it, which sharpens. The outermost pixels stay, as in Pillow.
  func smooth(_ share: Float) {
    guard share != 0, height > 2, width > 2 else { return }
    let row = width * channels
    unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { source in
      for index in 0..<count { unsafe source.initializeElement(at: index, to: self[index]) }
      for y in 1..<height - 1 {
        for index in y * row + channels..<(y + 1) * row - channels {
          var sum = unsafe 4 * source[index]
          for near in [index - row, index, index + row] {
            sum += unsafe source[near - channels] + source[near] + source[near + channels]
          }
          self[index] = inRange(self[index] + share * (sum / 13 - self[index]))
        }
      }
    }
  }
}
