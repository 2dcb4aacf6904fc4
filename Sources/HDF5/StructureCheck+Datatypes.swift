extension StructureCheck {
  /// The size of an element of the type that `data` describes.
  func datatype(_ data: inout Cursor, depth: Int = 0) throws(Damage) -> Int {
    guard depth < 16 else { throw Damage("a type is nested too deeply") }
    let first = try data.integer(1)
    let version = first >> 4
    let bits = try data.integer(3)
    let size = try data.integer(4)
    guard (1...3).contains(version), size > 0 else { throw Damage("a type is inconsistent") }
    switch first & 0xF {
    case 0, 4: try requireBits(try data.integer(2), try data.integer(2), of: size)
    case 1: try float(&data, sign: bits >> 8 & 0xFF, size: size)
    case 2: try data.skip(2)
    case 3, 7: break
    case 5: try data.skip(bits & 0xFF)
    case 6:
      for _ in 0..<(bits & 0xFFFF) {
        try member(&data, version: version, of: size, depth: depth)
      }
    case 8:
      let base = try datatype(&data, depth: depth + 1)
      guard base == size else { throw Damage("an enumeration is inconsistent") }
      for _ in 0..<(bits & 0xFFFF) { try data.skipText(paddedTo: version < 3 ? 8 : 1) }
      try data.skip((bits & 0xFFFF) * base)
    case 9:
      // A length, an address and an index: libhdf5 takes no other.
      guard size == 8 + offsetSize else { throw Damage("a type of varying length is inconsistent") }
      _ = try datatype(&data, depth: depth + 1)
    case 10:
      let rank = try data.integer(1)
      if version < 3 { try data.skip(3) }
      var count = 1
      for _ in 0..<rank {
        let (product, overflow) = count.multipliedReportingOverflow(by: try data.integer(4))
        guard !overflow, product > 0 else { throw Damage("an array type is inconsistent") }
        count = product
      }
      if version < 3 { try data.skip(4 * rank) }
      let base = try datatype(&data, depth: depth + 1)
      guard rank <= 32, count.multipliedReportingOverflow(by: base) == (size, false) else {
        throw Damage("an array type is inconsistent")
      }
    default: throw Damage("a type is of unknown kind")
    }
    return size
  }

  private func requireBits(_ offset: Int, _ count: Int, of size: Int) throws(Damage) {
    guard count > 0, offset + count <= 8 * size else { throw Damage("a number type is inconsistent") }
  }

  private func float(_ data: inout Cursor, sign: Int, size: Int) throws(Damage) {
    let offset = try data.integer(2)
    let precision = try data.integer(2)
    try requireBits(offset, precision, of: size)
    try requireBits(try data.integer(1), try data.integer(1), of: size)
    try requireBits(try data.integer(1), try data.integer(1), of: size)
    guard sign < 8 * size else { throw Damage("a number type is inconsistent") }
    try data.skip(4)
  }

  private func member(_ data: inout Cursor, version: Int, of size: Int, depth: Int) throws(Damage) {
    try data.skipText(paddedTo: version < 3 ? 8 : 1)
    let offset: Int
    if version < 3 {
      offset = try data.integer(4)
    } else {
      // As many bytes as the record's size needs.
      offset = try data.integer((Int.bitWidth - size.leadingZeroBitCount + 7) / 8)
    }
    var count = 1
    if version == 1 {
      let rank = try data.integer(1)
      try data.skip(3 + 4 + 4)
      guard rank <= 4 else { throw Damage("a record type is inconsistent") }
      for axis in 0..<4 {
        let extent = try data.integer(4)
        if axis < rank { count = count.multipliedReportingOverflow(by: extent).partialValue }
      }
    }
    let (memberSize, overflow) = try datatype(&data, depth: depth + 1).multipliedReportingOverflow(by: count)
    guard !overflow, memberSize > 0, offset <= size, memberSize <= size - offset else {
      throw Damage("a record type is inconsistent")
    }
  }
}
