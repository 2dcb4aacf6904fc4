package import Tensors

/// The pixels of one picture, `[height, width, channels]`, rows from the top.
///
/// Safe to use because it is made where `Augmentation.apply` is called, which promises so many elements for the time of the
/// call, and never kept.
@safe package struct Pixels {
  package let height: Int
  package let width: Int
  package let channels: Int
  private let values: UnsafeMutableBufferPointer<Float>

  @unsafe package init(_ values: UnsafeMutableBufferPointer<Float>, _ shape: Shape) {
    precondition(
      shape.rank == 3 && values.count == shape.elementCount && (1...4).contains(shape[2]),
      "\(values.count) elements of \(shape)")
    (height, width, channels) = (shape[0], shape[1], shape[2])
    unsafe self.values = values
  }

  /// The number of elements.
  package var count: Int { height * width * channels }

  package subscript(index: Int) -> Float {
    get { unsafe values[index] }
    nonmutating set { unsafe values[index] = newValue }
  }

  /// Exchanges two elements.
  func exchange(_ first: Int, _ second: Int) { unsafe values.swapAt(first, second) }

  /// A pixel that begins at an element, a channel in each lane.
  @inline(__always) func pixel(at start: Int) -> SIMD4<Float> {
    if channels == 3 { return SIMD4(self[start], self[start &+ 1], self[start &+ 2], 0) }
    var pixel = SIMD4<Float>()
    for channel in 0..<channels { pixel[channel] = self[start &+ channel] }
    return pixel
  }

  /// Gives a pixel its values, brought back to 0…255.
  @inline(__always) func set(_ pixel: SIMD4<Float>, at start: Int) {
    self[start] = inRange(pixel[0])
    if channels == 3 {
      self[start &+ 1] = inRange(pixel[1])
      self[start &+ 2] = inRange(pixel[2])
    } else {
      for channel in 1..<max(1, channels) { self[start &+ channel] = inRange(pixel[channel]) }
    }
  }

  /// Each element becomes what `change` makes of it, brought back to 0…255.
  @inline(__always) func map(_ change: (Float) -> Float) {
    for index in 0..<count { self[index] = inRange(change(self[index])) }
  }

  /// Mirrors the picture, left to right.
  package func mirror() {
    for y in 0..<height {
      for x in 0..<width / 2 {
        for channel in 0..<channels {
          exchange((y * width + x) * channels + channel, (y * width + width - 1 - x) * channels + channel)
        }
      }
    }
  }

  /// Mirrors the picture, top to bottom.
  func turnOver() {
    let row = width * channels
    for y in 0..<height / 2 {
      for x in 0..<row { exchange(y * row + x, (height - 1 - y) * row + x) }
    }
  }
}

/// A value brought back to what pixels can be.
@inline(__always) func inRange(_ value: Float) -> Float { min(max(value, 0), 255) }
