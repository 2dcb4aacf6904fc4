internal import CImageShims
import Tensors

/// The tables of both axes.
struct ScalingTables {
  var columns: AxisTable
  var rows: AxisTable
  var rowsFirst = false

  /// That of what becomes of a picture.
  var size: Size { Size(rows.first.count, columns.first.count) }

  /// The same scaling of a picture as it is stored, which is turned only then; nil where that would give other bits.
  ///
  /// Sums of whole numbers may be taken in any order, if only the axis that was first stays first.
  func stored(in orientation: EXIFOrientation, _ size: Size) -> ScalingTables? {
    guard !columns.weights.isEmpty, !rows.weights.isEmpty else { return nil }
    var (across, down) = orientation.swapsAxes ? (rows, columns) : (columns, rows)
    if orientation.reversesColumns { across = across.reversed(of: size.width) }
    if orientation.reversesRows { down = down.reversed(of: size.height) }
    return ScalingTables(columns: across, rows: down, rowsFirst: orientation.swapsAxes != rowsFirst)
  }

  /// Calls `body` with both in C's form, which is valid until it returns.
  @unsafe func withShim<R>(_ body: (ft_scaling) -> R) -> R {
    unsafe columns.withShim { columns in
      unsafe rows.withShim { rows in
        unsafe body(ft_scaling(columns: columns, rows: rows, rows_first: rowsFirst ? 1 : 0))
      }
    }
  }

  /// Calls `body` with a target that scales into `values`, which is valid until it returns.
  @unsafe func withTarget<R>(
    mode: ColorMode, _ values: UnsafeMutableBufferPointer<Float>, _ body: (ft_target) -> R
  ) -> R {
    unsafe withShim { scaling in
      unsafe withUnsafePointer(to: scaling) {
        unsafe body(
          ft_target(channels: UInt32(mode.channelCount), pixels: nil, scaling: $0, values: values.baseAddress))
      }
    }
  }
}

extension PixelImage {
  /// Writes this picture, scaled, to `target`, which has room for exactly what the tables give.
  @unsafe func write(
    scaledBy tables: ScalingTables, into target: UnsafeMutableBufferPointer<Float>, with instructions: PixelInstructions
  ) {
    let header = ft_image_header(width: UInt32(width), height: UInt32(height), channels: UInt32(channels))
    // The picture has the pixels that the header says, and the target room for what the tables ask for.
    let status = unsafe tables.withTarget(mode: mode, target) { shim in
      unsafe pixels.withUnsafeBufferPointer { pixels in
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(FT_IMAGE_MESSAGE_SIZE)) { message in
          unsafe ft_scale_pixels(pixels.baseAddress, header, instructions.index, shim, message.baseAddress)
        }
      }
    }
    precondition(status == FT_IMAGE_OK, "out of memory: scaling of \(width)×\(height) pixels")
  }
}
