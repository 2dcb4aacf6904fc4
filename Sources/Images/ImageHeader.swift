public import Tensors

/// What the first bytes of a PNG or JPEG say: its size and whether it is grey. No pixel is decoded.
public struct ImageHeader: Hashable, Sendable {
  /// The size as the eye should see it: a photograph is turned as its EXIF data say.
  public let size: Size
  /// Whether it is stored without colours.
  public let isGrey: Bool

  /// Where the size of a JPEG stands nearly always; a preview or a colour profile may come before it.
  private static let beginning = 1 << 17

  public init(contentsOf path: String) throws(ImageError) {
    let bytes = try FileBytes.read(path, atMost: Self.beginning)
    let image: EncodedImage
    do throws(ImageError) {
      image = try EncodedImage(bytes, name: path, limits: DecodingLimits(), orientation: .applied)
    } catch {
      guard bytes.count == Self.beginning else { throw error }
      image = try EncodedImage(FileBytes.read(path), name: path, limits: DecodingLimits(), orientation: .applied)
    }
    size = image.size
    isGrey = image.isGrey
  }
}
