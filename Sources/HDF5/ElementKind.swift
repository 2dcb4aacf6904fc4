/// What the elements of a dataset or an attribute are.
public enum ElementKind: Hashable, Sendable, CustomStringConvertible {
  /// IEEE 754 numbers of 16, 32 or 64 bits.
  case float(bits: Int)
  /// The upper half of a 32-bit float.
  case bfloat16
  /// Whole numbers of 8, 16, 32 or 64 bits; enumerations, and with them h5py's booleans, are whole numbers too.
  case integer(bits: Int, isSigned: Bool)
  /// Text of variable length.
  case text
  /// Text that takes `bytes` bytes in the file, whatever its length.
  case fixedText(bytes: Int)
  /// Bytes of no declared meaning.
  case opaque(bytes: Int)
  /// What this module does not read: records, references, arrays, exotic number formats.
  case other(String)

  public var isNumeric: Bool {
    switch self {
    case .float, .bfloat16, .integer: true
    case .text, .fixedText, .opaque, .other: false
    }
  }

  public var isText: Bool {
    switch self {
    case .text, .fixedText: true
    default: false
    }
  }

  public var description: String {
    switch self {
    case .float(let bits): "float\(bits)"
    case .bfloat16: "bfloat16"
    case .integer(let bits, let isSigned): "\(isSigned ? "" : "u")int\(bits)"
    case .text: "text"
    case .fixedText(let bytes): "text of \(bytes) bytes"
    case .opaque(let bytes): "opaque elements of \(bytes) bytes"
    case .other(let name): name
    }
  }
}

/// Which byte of a number comes first.
public enum ByteOrder: Hashable, Sendable {
  case littleEndian
  case bigEndian

  /// This machine's.
  static let native: ByteOrder = 1.littleEndian == 1 ? .littleEndian : .bigEndian
}
