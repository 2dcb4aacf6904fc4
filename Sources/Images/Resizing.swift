public import Tensors

/// How pixels between pixels are found.
public enum Interpolation: String, Hashable, Sendable, CaseIterable {
  /// `bilinear` of Keras' `image_dataset_from_directory`: the four nearest pixels, whatever the scale.
  case bilinear
  /// `nearest` of Keras' `image_dataset_from_directory`.
  case nearest
  /// `bilinear` of Keras' `load_img`, which is Pillow's: all pixels under a triangle that widens with the scale.
  case antialiased
}

/// Scaling a picture to a fixed size, bit for bit as Keras does.
///
/// - Input: a picture of any size
/// - Output: `[height, width, channels]`, raw values 0…255
///
/// `.bilinear` and `.nearest` are those of `image_dataset_from_directory` on TensorFlow: `tf.image.resize` with
/// half-pixel centres and without antialiasing. With `s = source / target`, the target pixel `i` lies at
/// `x = (i + ½) s − ½` of the source; bilinear takes `a + (b − a)(x − ⌊x⌋)` of its two neighbours, columns before rows;
/// nearest takes the pixel `⌊(i + ½) s⌋`. Scaling down by more than two skips pixels: that is what models trained with
/// `image_dataset_from_directory` have seen.
///
/// `.antialiased` is that of `load_img(path, target_size=…, interpolation="bilinear")`: Pillow's `Image.resize` with
/// `Image.BILINEAR` on 8-bit pixels. With `r = max(1, s)` the target pixel `i` is `Σₚ wₚ aₚ / Σₚ wₚ` over the source's
/// pixels `p`, `wₚ = max(0, 1 − |p − x| / r)`, columns before rows, each pass rounded to whole values, weights to
/// multiples of 2⁻²². No pixel is skipped; it is what Keras' examples of prediction show. As in Pillow 13 rows come
/// first if rows are lost, and more than twice as many as columns; older versions never do so: values differ by one.
public struct Resizing: Hashable, Sendable {
  public var size: Size
  public var interpolation = Interpolation.bilinear
  /// Whether to cut the largest centred window of the target's aspect ratio first, instead of distorting.
  public var cropToAspectRatio = false

  public init(
    _ size: Size, interpolation: Interpolation = .bilinear, cropToAspectRatio: Bool = false
  ) {
    precondition(size.height > 0 && size.width > 0, "cannot scale to \(size)")
    self.size = size
    self.interpolation = interpolation
    self.cropToAspectRatio = cropToAspectRatio
  }

  /// The scaled picture, `[height, width, channels]`.
  public func callAsFunction(_ image: PixelImage) -> Tensor {
    unsafe Tensor([size.height, size.width, image.channels]) { unsafe write(image, into: $0) }
  }

  /// Writes the scaled picture to `target`, which has room for exactly `height × width × channels` elements.
  @unsafe public func write(_ image: PixelImage, into target: UnsafeMutableBufferPointer<Float>) {
    unsafe write(image, into: target, with: .best)
  }

  @unsafe package func write(
    _ image: PixelImage, into target: UnsafeMutableBufferPointer<Float>, with instructions: PixelInstructions
  ) {
    precondition(target.count == size.height * size.width * image.channels, "\(target.count) elements for \(size)")
    unsafe image.write(scaledBy: tables(of: image.size), into: target, with: instructions)
  }

  /// What becomes of the columns and rows of a picture of a size.
  func tables(of source: Size) -> ScalingTables {
    let window = cropToAspectRatio ? window(of: source) : Window(whole: source)
    switch interpolation {
    case .bilinear:
      return ScalingTables(
        columns: .bilinear(from: window.left, length: window.size.width, target: size.width),
        rows: .bilinear(from: window.top, length: window.size.height, target: size.height))
    case .nearest:
      return ScalingTables(
        columns: .nearest(from: window.left, length: window.size.width, target: size.width),
        rows: .nearest(from: window.top, length: window.size.height, target: size.height))
    case .antialiased:
      // Rounding between the passes makes their order show. Pillow compares whole pictures, whatever the window.
      let (lostRows, lostColumns) = (source.height - size.height, source.width - size.width)
      return ScalingTables(
        columns: .triangle(
          source: source.width, from: window.left, length: window.size.width, target: size.width),
        rows: .triangle(
          source: source.height, from: window.top, length: window.size.height, target: size.height),
        rowsFirst: lostRows > 0 && lostRows > 2 * lostColumns)
    }
  }

  /// The fewest eighths of its size at which a picture is still at least as large as what becomes of it: one, two, four or all.
  ///
  /// libjpeg-turbo has no vectorised transform for the numbers in between: with them decoding takes longer than in full.
  func eighths(of source: Size) -> Int {
    let window = cropToAspectRatio ? window(of: source) : Window(whole: source)
    return [1, 2, 4].first {
      window.size.height * $0 >= 8 * size.height && window.size.width * $0 >= 8 * size.width
    } ?? 8
  }

  /// The part of a picture that is scaled.
  struct Window {
    var top = 0
    var left = 0
    var size: Size

    init(whole size: Size) { self.size = size }
  }

  /// The window of Keras' `smart_resize`, which computes in single precision inside a data pipeline, or for
  /// `.antialiased` of `load_img(…, keep_aspect_ratio=True)`, which divides whole numbers.
  private func window(of source: Size) -> Window {
    let area = (height: source.width * size.height, width: source.height * size.width)
    let isExact = interpolation == .antialiased
    let height = isExact ? area.height / size.width : Int(Float(area.height) / Float(size.width))
    let width = isExact ? area.width / size.height : Int(Float(area.width) / Float(size.height))
    // Of a very long picture an exact window may be empty: Pillow then reads the pixels around its edge.
    let least = isExact ? 0 : 1
    var window = Window(
      whole: Size(max(min(source.height, height), least), max(min(source.width, width), least)))
    window.top = (source.height - window.size.height) / 2
    window.left = (source.width - window.size.width) / 2
    return window
  }
}
