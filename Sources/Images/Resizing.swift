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
    precondition(target.count == size.height * size.width * image.channels, "\(target.count) elements for \(size)")
    let window = cropToAspectRatio ? window(of: image.size) : Window(whole: image.size)
    switch interpolation {
    case .antialiased: unsafe writeAntialiased(image, window, into: target)
    case .bilinear: unsafe writeBilinear(image, window, into: target)
    case .nearest: unsafe writeNearest(image, window, into: target)
    }
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

  /// The two source pixels for each target pixel of one axis, and the weight of the second.
  private static func neighbours(source: Int, target: Int) -> [(lower: Int, upper: Int, weight: Float)] {
    let scale = Float(source) / Float(target)
    return (0..<target).map { index in
      let position = (Float(index) + 0.5) * scale - 0.5
      let floor = position.rounded(.down)
      let lower = min(max(Int(floor), 0), source - 1)
      let upper = min(max(Int(position.rounded(.up)), 0), source - 1)
      return (lower, upper, position - floor)
    }
  }

  private func writeBilinear(_ image: PixelImage, _ window: Window, into target: UnsafeMutableBufferPointer<Float>) {
    let channels = image.channels
    let columns = Self.neighbours(source: window.size.width, target: size.width).map {
      (lower: (window.left + $0.lower) * channels, upper: (window.left + $0.upper) * channels, weight: $0.weight)
    }
    let rowLength = size.width * channels
    // Two source rows, scaled to the target's width; the lower of one target row is often the upper of the last.
    var upperRow = [Float](repeating: 0, count: rowLength)
    var lowerRow = upperRow
    var (upperIndex, lowerIndex) = (-1, -1)
    for (y, row) in Self.neighbours(source: window.size.height, target: size.height).enumerated() {
      if row.lower != upperIndex {
        if row.lower == lowerIndex {
          swap(&upperRow, &lowerRow)
          swap(&upperIndex, &lowerIndex)
        } else {
          Self.scale(image, row: window.top + row.lower, columns, into: &upperRow)
          upperIndex = row.lower
        }
      }
      if row.upper != lowerIndex && row.upper != upperIndex {
        Self.scale(image, row: window.top + row.upper, columns, into: &lowerRow)
        lowerIndex = row.upper
      }
      // A target row lies inside `target`: y < height, and rows have rowLength elements.
      unsafe upperRow.withUnsafeBufferPointer { above in
        unsafe (row.upper == upperIndex ? upperRow : lowerRow).withUnsafeBufferPointer { below in
          let out = unsafe UnsafeMutableBufferPointer(rebasing: target[(y * rowLength)..<((y + 1) * rowLength)])
          for index in 0..<rowLength {
            unsafe out[index] = above[index] + (below[index] - above[index]) * row.weight
          }
        }
      }
    }
  }

  /// Scales one source row to the target's width.
  private static func scale(
    _ image: PixelImage, row: Int, _ columns: [(lower: Int, upper: Int, weight: Float)], into scaled: inout [Float]
  ) {
    let channels = image.channels
    let rowLength = image.width * channels
    // `lower` and `upper` are offsets of whole pixels inside the row, and `scaled` holds columns × channels elements.
    unsafe image.pixels.withUnsafeBufferPointer { pixels in
      unsafe scaled.withUnsafeMutableBufferPointer { out in
        let source = unsafe UnsafeBufferPointer(rebasing: pixels[(row * rowLength)..<((row + 1) * rowLength)])
        if channels == 3 {
          for (x, column) in columns.enumerated() {
            for channel in 0..<3 {
              let left = unsafe Float(source[column.lower + channel])
              let right = unsafe Float(source[column.upper + channel])
              unsafe out[3 * x + channel] = left + (right - left) * column.weight
            }
          }
        } else {
          for (x, column) in columns.enumerated() {
            let left = unsafe Float(source[column.lower])
            let right = unsafe Float(source[column.upper])
            unsafe out[x] = left + (right - left) * column.weight
          }
        }
      }
    }
  }

  private func writeNearest(_ image: PixelImage, _ window: Window, into target: UnsafeMutableBufferPointer<Float>) {
    func nearest(_ index: Int, source: Int, target: Int) -> Int {
      let scale = Float(source) / Float(target)
      return max(min(Int(((Float(index) + 0.5) * scale).rounded(.down)), source - 1), 0)
    }
    let columns = (0..<size.width).map { window.left + nearest($0, source: window.size.width, target: size.width) }
    var position = 0
    for y in 0..<size.height {
      let row = window.top + nearest(y, source: window.size.height, target: size.height)
      for column in columns {
        for channel in 0..<image.channels {
          unsafe target[position] = Float(image.pixels[(row * image.width + column) * image.channels + channel])
          position += 1
        }
      }
    }
  }
}
