internal import CImageShims

/// How large a picture may be. Checked against the header, before any memory is taken for pixels.
public struct DecodingLimits: Hashable, Sendable {
  /// The longest side, in pixels.
  public var side = 65_500
  /// The number of pixels.
  public var area = 200_000_000

  public init() {}

  public init(side: Int, area: Int) {
    self.side = side
    self.area = area
  }

  func check(width: Int, height: Int, name: String) throws(ImageError) {
    guard width <= side, height <= side, width * height <= area else {
      throw ImageError(
        .tooLarge, path: name,
        "\(width)×\(height) pixels; at most \(side) on a side and \(area) in all are read: scale it down")
    }
  }
}

/// PNG and JPEG of every kind that libpng and libjpeg read, to 8-bit grey or colour.
///
/// The pixels are those of Pillow's `Image.open(path).convert("RGB")` (or `"L"`): no gamma, alpha dropped, CMYK converted,
/// 16-bit samples by their high byte. Two things differ from Pillow's and Keras' defaults: the EXIF orientation is applied
/// unless `orientation` says otherwise, and 16-bit grey is reduced, where Pillow clips it.
public enum ImageDecoder {
  /// Whether a photograph is turned as its EXIF data say.
  public enum OrientationPolicy: String, Hashable, Sendable, CaseIterable { case applied, ignored }

  /// The picture in a file.
  public static func decode(
    contentsOf path: String, channels: ColorMode = .rgb, limits: DecodingLimits = DecodingLimits(),
    orientation: OrientationPolicy = .applied
  ) throws(ImageError) -> PixelImage {
    try decode(
      FileBytes.read(path), name: path, channels: channels, limits: limits, orientation: orientation)
  }

  /// The picture in the bytes of a file; `name` stands for it in errors.
  public static func decode(
    _ bytes: [UInt8], name: String, channels: ColorMode = .rgb, limits: DecodingLimits = DecodingLimits(),
    orientation: OrientationPolicy = .applied
  ) throws(ImageError) -> PixelImage {
    try EncodedImage(bytes, name: name, limits: limits, orientation: orientation).decoded(to: channels)
  }

  /// The whole picture at so many eighths of its size, by libjpeg alone: for tests.
  package static func decode(jpeg bytes: [UInt8], eighths: Int) throws(ImageError) -> PixelImage {
    try EncodedImage(bytes, name: "", limits: DecodingLimits(), orientation: .ignored).decoded(
      to: .rgb, eighths: eighths)
  }

  /// Runs one shim and makes an error of its status and message.
  static func check(
    _ name: String, _ format: String, _ body: (UnsafeMutablePointer<CChar>?) -> ft_image_status
  ) throws(ImageError) {
    var text = [CChar](repeating: 0, count: Int(FT_IMAGE_MESSAGE_SIZE))
    let status = unsafe text.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress) }
    if status == FT_IMAGE_OK { return }
    let message = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    switch status {
    case FT_IMAGE_TRUNCATED:
      throw ImageError(.truncated, path: name, "the \(format) ends too early; the file is cut short: fetch it again")
    case FT_IMAGE_UNSUPPORTED:
      throw ImageError(
        .unsupported, path: name, "a \(format) of a kind that cannot be read (\(message)); save it as 8-bit RGB")
    case FT_IMAGE_OUT_OF_MEMORY:
      throw ImageError(.tooLarge, path: name, "not enough memory for this \(format); scale it down")
    default:
      throw ImageError(.corrupt, path: name, "damaged \(format) (\(message)); fetch it again or leave it out")
    }
  }
}
