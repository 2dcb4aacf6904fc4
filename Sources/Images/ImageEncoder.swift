internal import CImageShims

/// Pictures to the bytes of PNG and JPEG files.
public enum ImageEncoder {
  /// A PNG of 8-bit grey or RGB.
  public static func png(_ image: PixelImage) -> [UInt8] {
    unsafe encoded(image) { pixels, header, output, message in unsafe ft_png_write(pixels, header, output, message) }
  }

  /// A baseline JPEG; colours are stored at half resolution (4:2:0).
  ///
  /// - Parameter quality: libjpeg's, 1 to 100.
  public static func jpeg(_ image: PixelImage, quality: Int = 90) -> [UInt8] {
    jpeg(image, quality: quality, colors: .quarter)
  }

  /// How many samples of a difference of colour a JPEG stores.
  package enum ColorSampling: CaseIterable {
    /// As many as pixels (4:4:4), one for two of a row (4:2:2), or one for two in each direction (4:2:0).
    case all, half, quarter
  }

  package static func jpeg(_ image: PixelImage, quality: Int, colors: ColorSampling) -> [UInt8] {
    precondition((1...100).contains(quality), "a JPEG quality is 1 to 100, not \(quality)")
    precondition(
      image.width <= 65_500 && image.height <= 65_500, "a JPEG has at most 65,500 pixels on a side, not \(image.size)")
    return unsafe encoded(image) { pixels, header, output, message in
      unsafe ft_jpeg_write(
        pixels, header, Int32(quality), colors == .all ? 1 : 2, colors == .quarter ? 2 : 1, output, message)
    }
  }

  /// Writes a PNG file.
  public static func writePNG(_ image: PixelImage, to path: String) throws(ImageError) {
    try FileBytes.write(png(image), to: path)
  }

  /// Writes a JPEG file.
  public static func writeJPEG(_ image: PixelImage, to path: String, quality: Int = 90) throws(ImageError) {
    try FileBytes.write(jpeg(image, quality: quality), to: path)
  }

  private static func encoded(
    _ image: PixelImage,
    _ encode: (
      UnsafePointer<UInt8>?, ft_image_header, UnsafeMutablePointer<ft_image_buffer>?,
      UnsafeMutablePointer<CChar>?
    ) -> ft_image_status
  ) -> [UInt8] {
    let header = ft_image_header(
      width: UInt32(image.width), height: UInt32(image.height), channels: UInt32(image.channels))
    var output = unsafe ft_image_buffer()
    var message = [CChar](repeating: 0, count: Int(FT_IMAGE_MESSAGE_SIZE))
    // The shim reads the pixels that the header announces, and its output is ours to free.
    let status = unsafe image.pixels.withUnsafeBufferPointer { pixels in
      unsafe message.withUnsafeMutableBufferPointer { text in
        unsafe encode(pixels.baseAddress, header, &output, text.baseAddress)
      }
    }
    precondition(status == FT_IMAGE_OK, "encoding a valid picture failed, for want of memory")
    defer { unsafe ft_image_free(output.bytes) }
    return unsafe Array(UnsafeBufferPointer(start: output.bytes, count: output.count))
  }
}
