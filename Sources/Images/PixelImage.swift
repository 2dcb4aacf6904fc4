public import Tensors

/// A picture of 8-bit pixels: grey (1 channel) or red, green, blue (3), rows from the top, channels together.
public struct PixelImage: Hashable, Sendable {
  public let width: Int
  public let height: Int
  public let mode: ColorMode
  /// `height × width × channels` values.
  public var pixels: [UInt8] {
    didSet { precondition(pixels.count == oldValue.count, "the number of pixels does not change") }
  }

  public init(width: Int, height: Int, mode: ColorMode, pixels: [UInt8]) {
    precondition(
      width > 0 && height > 0 && pixels.count == width * height * mode.channelCount,
      "\(pixels.count) values are no picture of \(height)×\(width)×\(mode.channelCount)")
    self.width = width
    self.height = height
    self.mode = mode
    self.pixels = pixels
  }

  /// 1 or 3.
  public var channels: Int { mode.channelCount }

  public var size: Size { Size(height, width) }

  /// This picture in another colour mode.
  ///
  /// Grey is `(19595 R + 38470 G + 7471 B + 32768) / 65536`, the luma of ITU-R 601 as Pillow's `convert("L")` rounds it.
  public func converted(to mode: ColorMode) -> PixelImage {
    switch (self.mode, mode) {
    case (.grayscale, .grayscale), (.rgb, .rgb):
      return self
    case (.grayscale, .rgb):
      let colored = unsafe [UInt8](unsafeUninitializedCapacity: 3 * pixels.count) { buffer, count in
        for (index, value) in pixels.enumerated() {
          for channel in 0..<3 { unsafe buffer[3 * index + channel] = value }
        }
        count = 3 * pixels.count
      }
      return PixelImage(width: width, height: height, mode: .rgb, pixels: colored)
    case (.rgb, .grayscale):
      let gray = (0..<width * height).map { index in
        let red = UInt32(pixels[3 * index])
        let green = UInt32(pixels[3 * index + 1])
        let blue = UInt32(pixels[3 * index + 2])
        return UInt8(truncatingIfNeeded: (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16)
      }
      return PixelImage(width: width, height: height, mode: .grayscale, pixels: gray)
    }
  }
}
