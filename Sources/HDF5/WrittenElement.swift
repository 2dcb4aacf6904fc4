import CHDF5

/// What is written: how an element stands in memory, and how in the file.
enum WrittenElement {
  case float(FloatFormat, ByteOrder)
  case int32
  case int64
  /// UTF-8, filled with NUL to `byteCount` bytes.
  case text(byteCount: Int)

  var memoryByteCount: Int {
    switch self {
    case .float, .int32: 4
    case .int64: 8
    case .text(let byteCount): byteCount
    }
  }

  func memoryType(in session: borrowing Session) throws(HDF5Error) -> Identifier {
    switch self {
    case .float: try session.copied(chdf5_native_float())
    case .int32: try session.copied(chdf5_native_int32())
    case .int64: try session.copied(chdf5_native_int64())
    case .text: try fileType(in: session)
    }
  }

  func fileType(in session: borrowing Session) throws(HDF5Error) -> Identifier {
    switch self {
    case .float(let format, let order): try session.floatType(format, order)
    case .int32: try session.copied(chdf5_int32_little())
    case .int64: try session.copied(chdf5_int64_little())
    case .text(let byteCount): try session.fixedTextType(byteCount: byteCount, isUTF8: true)
    }
  }
}
