internal import CImageShims

extension ImageDecoder {
  /// The libraries that decode, with their versions: another version may give other pixels.
  public static var libraries: String {
    // Both are static texts.
    unsafe "libpng \(String(cString: ft_image_png_version())), \(String(cString: ft_image_jpeg_version()))"
  }
}
