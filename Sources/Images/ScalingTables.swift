internal import CImageShims

/// The tables of both axes.
struct ScalingTables {
  var columns: AxisTable
  var rows: AxisTable
  var rowsFirst = false

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
