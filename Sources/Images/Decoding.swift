/// How exactly a JPEG is decoded before it is scaled.
public enum Decoding: String, Hashable, Sendable, CaseIterable {
  /// Every pixel, as libjpeg's accurate transform gives it, and with it Keras and Pillow.
  case exact
  /// At an eighth, a quarter or half of its size where that is still no smaller than the target, as libjpeg's `scale_num` has
  /// it, which leaves out the frequencies that such a picture cannot show; a grey picture is the luminance that the file holds.
  ///
  /// What bilinear scaling would skip is smoothed instead.
  case scaled
}

/// What a picture is decoded with.
struct DecodingOptions {
  var decoding = Decoding.exact
  var instructions = PixelInstructions.best
}
