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

  /// Texts of variable length, which the file's bytes are needed for.
  func variableTexts(
    count: Int, byteLimit: Int, at path: String,
    references: (inout VariableTexts) throws(Damage) -> Cursor?
  ) throws(HDF5Error) -> [String] {
    guard count > 0 else { return [] }
    var texts = VariableTexts(try rawFile())
    let bytes: [ArraySlice<UInt8>]?
    do throws(Damage) {
      bytes =
        if let found = try references(&texts) {
          try texts.texts(found, count: count, byteLimit: byteLimit)
        } else {
          nil
        }
    } catch {
      throw error.error(in: self.path, at: path)
    }
    guard let bytes else {
      throw refusal(
        .refused, "keeps texts of variable length in a place where they are not read", at: path,
        remedy: "Write it again with h5py's libver=\"earliest\", without chunks.")
    }
    var result: [String] = []
    result.reserveCapacity(count)
    for text in bytes { result.append(try self.text(text, at: path)) }
    return result
  }

  /// The file's bytes; of a file that is being written, those that are written by now.
  private func rawFile() throws(HDF5Error) -> RawFile {
    if let raw { return raw }
    try check(H5Fflush(file, H5F_SCOPE_LOCAL), "cannot be written")
    return try RawFile(path)
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
