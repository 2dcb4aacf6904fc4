import CHDF5

/// How a fixed-length text is filled up to its length.
enum TextPadding {
  case terminatedByNul
  case paddedByNul
  case paddedBySpace

  /// The text's own bytes.
  func stripped(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    switch self {
    case .terminatedByNul: return bytes.prefix { $0 != 0 }
    case .paddedByNul: return bytes[..<(bytes.lastIndex { $0 != 0 } ?? bytes.startIndex - 1).advanced(by: 1)]
    case .paddedBySpace:
      // Fortran's padding; a writer that filled the rest with NUL is understood, too.
      return bytes[..<(bytes.lastIndex { $0 != 0x20 && $0 != 0 } ?? bytes.startIndex - 1).advanced(by: 1)]
    }
  }
}

extension Session {
  func padding(of type: borrowing Identifier) -> TextPadding {
    switch H5Tget_strpad(type.raw) {
    case H5T_STR_NULLPAD: .paddedByNul
    case H5T_STR_SPACEPAD: .paddedBySpace
    default: .terminatedByNul
    }
  }

  /// Splits `bytes` into texts of `length` bytes each.
  func texts(
    _ bytes: [UInt8], length: Int, padding: TextPadding, at path: String
  ) throws(HDF5Error) -> [String] {
    var texts: [String] = []
    texts.reserveCapacity(bytes.count / length)
    for start in stride(from: 0, to: bytes.count, by: length) {
      texts.append(try text(padding.stripped(bytes[start..<start + length]), at: path))
    }
    return texts
  }

  /// Lets `read` fill `count` pointers to texts in the memory of libhdf5, copies the texts and gives the memory back.
  func variableTexts(
    count: Int, type: borrowing Identifier, space: borrowing Identifier, at path: String,
    read: (UnsafeMutableRawPointer?) -> herr_t
  ) throws(HDF5Error) -> [String] {
    guard count > 0 else { return [] }
    var pointers = unsafe [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    let status = unsafe pointers.withUnsafeMutableBytes { unsafe read($0.baseAddress) }
    try check(status, "its texts cannot be read", at: path)
    defer {
      _ = unsafe pointers.withUnsafeMutableBytes { bytes in
        unsafe H5Dvlen_reclaim(type.raw, space.raw, chdf5_default(), bytes.baseAddress)
      }
    }
    var texts: [String] = []
    texts.reserveCapacity(count)
    for index in 0..<count {
      // libhdf5 closes every text with a NUL, and leaves a null pointer for an empty one.
      guard let pointer = unsafe pointers[index] else {
        texts.append("")
        continue
      }
      let bytes = unsafe UnsafeRawBufferPointer(start: pointer, count: strlen(pointer))
      texts.append(try text(unsafe [UInt8](bytes), at: path))
    }
    return texts
  }

  /// The type of a text in memory as a pointer, in the character set of `stored`: libhdf5 does not convert between them.
  func variableTextType(like stored: borrowing Identifier) throws(HDF5Error) -> Identifier {
    try variableTextType(H5Tget_cset(stored.raw))
  }

  func variableTextType(_ characters: H5T_cset_t = H5T_CSET_UTF8) throws(HDF5Error) -> Identifier {
    let type = try copied(chdf5_c_string())
    try check(H5Tset_size(type.raw, chdf5_variable_length()), "libhdf5 refuses a text type")
    try check(H5Tset_cset(type.raw, characters), "libhdf5 refuses a text type")
    return type
  }

  /// Texts of `byteCount` bytes padded with NUL, which is NumPy's `S<n>`.
  func fixedTextType(byteCount: Int, isUTF8: Bool) throws(HDF5Error) -> Identifier {
    let type = try copied(chdf5_c_string())
    try check(H5Tset_size(type.raw, max(1, byteCount)), "libhdf5 refuses a text type")
    try check(H5Tset_strpad(type.raw, H5T_STR_NULLPAD), "libhdf5 refuses a text type")
    try check(H5Tset_cset(type.raw, isUTF8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII), "libhdf5 refuses a text type")
    return type
  }
}

/// The memory of an array, for `body` to read. (`Array.withUnsafeBytes` forgets the type of what its body throws.)
func withBytes<Element: BitwiseCopyable, Result>(
  of values: [Element], _ body: (UnsafeRawBufferPointer) throws(HDF5Error) -> Result
) throws(HDF5Error) -> Result {
  try unsafe values.withUnsafeBufferPointer { buffer throws(HDF5Error) in
    try unsafe body(UnsafeRawBufferPointer(buffer))
  }
}
