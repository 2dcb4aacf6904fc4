import Tensors

/// The pixels of one axis that a scaling reads, where it does not read all.
///
/// Bilinear scaling of a large photograph reads two of many pixels. A photograph that must be turned need not be turned whole:
/// these pixels, turned and scaled with `table`, give the same bits.
struct PixelSelection {
  /// Ascending.
  let pixels: [Int32]
  /// The scaling, of these pixels alone.
  let table: AxisTable

  /// Nil for a table with weights, which read every pixel.
  init?(_ whole: AxisTable) {
    guard whole.weights.isEmpty else { return nil }
    var (pixels, table) = ([Int32](), whole)
    for (index, first) in whole.first.enumerated() {
      for pixel in first..<first + whole.taps[index] where pixel > pixels.last ?? -1 { pixels.append(pixel) }
      // Both ends ascend, so that the last pixel of this one is the last so far.
      table.first[index] = Int32(pixels.count) - whole.taps[index]
    }
    (self.pixels, self.table) = (pixels, table)
  }

  /// The selection as a table, of the stored picture: each pixel once, in the order that they are stored in.
  func stored(count: Int, isReversed: Bool) -> AxisTable {
    let places = isReversed ? pixels.reversed().map { Int32(count - 1) - $0 } : pixels
    return AxisTable(
      first: places, taps: Array(repeating: 1, count: places.count),
      fractions: Array(repeating: 0, count: places.count))
  }
}
