import Tensors

extension PixelImage {
  /// This picture as the eye should see it, when its file is in `orientation`.
  func turnedUp(from orientation: EXIFOrientation) -> PixelImage {
    if orientation == .up { return self }
    let turned = unsafe [UInt8](unsafeUninitializedCapacity: pixels.count) { buffer, count in
      unsafe pixels.withUnsafeBufferPointer { unsafe orientation.turn($0, of: size, channels: channels, into: buffer) }
      count = pixels.count
    }
    let upright = orientation.turned(size)
    return PixelImage(width: upright.width, height: upright.height, mode: mode, pixels: turned)
  }
}

extension EXIFOrientation {
  /// The size to the eye of a picture that is stored in a size; and the other way around.
  func turned(_ size: Size) -> Size { swapsAxes ? Size(size.width, size.height) : size }

  /// Writes a stored picture to `target` as the eye should see it.
  @unsafe func turn<Element: BitwiseCopyable>(
    _ stored: UnsafeBufferPointer<Element>, of size: Size, channels: Int,
    into target: UnsafeMutableBufferPointer<Element>
  ) {
    precondition(stored.count == size.height * size.width * channels && target.count >= stored.count, "\(size)")
    let width = turned(size).width
    // How far the next stored column, and row, are in the target.
    let column = (swapsAxes ? width : 1) * (reversesColumns ? -channels : channels)
    let row = (swapsAxes ? 1 : width) * (reversesRows ? -channels : channels)
    let first = (column < 0 ? -column * (size.width - 1) : 0) + (row < 0 ? -row * (size.height - 1) : 0)
    var from = 0
    for y in 0..<size.height {
      var to = first + y * row
      for _ in 0..<size.width {
        // Every stored pixel has its own place among as many, which the steps above number from 0.
        for channel in 0..<channels { unsafe target[to + channel] = stored[from + channel] }
        from += channels
        to += column
      }
    }
  }
}
