import Tensors

/// The pixels of a picture that linear scaling reads.
///
/// Of a large photograph these are few. If it must be turned, they are taken from it as it is stored, turned, and scaled with
/// `tables`, which gives the bits that all of it would give. The other way around, scaling first, would round otherwise.
struct PixelSelection {
  /// Ascending.
  private let columns: [Int32]
  private let rows: [Int32]
  /// The scaling, of these pixels alone.
  let tables: ScalingTables

  init(_ whole: ScalingTables) {
    let (columns, rows) = (Self.selected(whole.columns), Self.selected(whole.rows))
    (self.columns, self.rows) = (columns.pixels, rows.pixels)
    tables = ScalingTables(columns: columns.table, rows: rows.table)
  }

  private static func selected(_ whole: AxisTable) -> (pixels: [Int32], table: AxisTable) {
    precondition(whole.weights.isEmpty, "weights read every pixel")
    var (pixels, table) = ([Int32](), whole)
    for (index, first) in whole.first.enumerated() {
      for pixel in first..<first + whole.taps[index] where pixel > pixels.last ?? -1 { pixels.append(pixel) }
      // Both ends ascend, so that the last pixel of this one is the last so far.
      table.first[index] = Int32(pixels.count) - whole.taps[index]
    }
    return (pixels, table)
  }

  /// Tables that take each of these pixels once from the picture as it is stored, in the order that they are stored in.
  func stored(in orientation: EXIFOrientation, _ size: Size) -> ScalingTables {
    func table(_ pixels: [Int32], _ count: Int, _ isReversed: Bool) -> AxisTable {
      AxisTable(
        first: isReversed ? pixels.reversed().map { Int32(count - 1) - $0 } : pixels,
        taps: Array(repeating: 1, count: pixels.count), fractions: Array(repeating: 0, count: pixels.count))
    }
    let (across, down) = orientation.swapsAxes ? (rows, columns) : (columns, rows)
    return ScalingTables(
      columns: table(across, size.width, orientation.reversesColumns),
      rows: table(down, size.height, orientation.reversesRows))
  }
}
