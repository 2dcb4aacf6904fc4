import CHDF5

/// A stored type, understood.
struct ElementType: Hashable, Sendable {
  var kind: ElementKind
  /// `nil` where it means nothing: text and bytes.
  var byteOrder: ByteOrder?
  /// The size of one element in the file.
  var byteCount: Int
}

extension Session {
  /// Understands the type `id`; anything that is not exactly one of the known formats is `.other`.
  ///
  /// libhdf5 converts whatever bit fields a type declares. A damaged file may declare any, hence "exactly".
  func elementType(_ id: borrowing Identifier, at path: String) throws(HDF5Error) -> ElementType {
    let byteCount = H5Tget_size(id.raw)
    guard byteCount > 0 else { throw failure(.damaged, "its type cannot be read", at: path) }
    let typeClass = H5Tget_class(id.raw)
    func plain(_ kind: ElementKind) -> ElementType { ElementType(kind: kind, byteOrder: nil, byteCount: byteCount) }
    switch typeClass {
    case H5T_FLOAT: return try floatType(id, byteCount: byteCount)
    case H5T_INTEGER: return integerType(id, byteCount: byteCount)
    case H5T_ENUM:
      let base = try owned(H5Tget_super(id.raw), "its type cannot be read", at: path)
      return integerType(base, byteCount: byteCount)
    case H5T_STRING:
      let isVariable = try check(H5Tis_variable_str(id.raw), "its type cannot be read", at: path) > 0
      guard isVariable else { return plain(.fixedText(bytes: byteCount)) }
      // In memory it is a pointer; in the file a length, an address and an index.
      return ElementType(kind: .text, byteOrder: nil, byteCount: 16)
    case H5T_OPAQUE: return plain(.opaque(bytes: byteCount))
    case H5T_COMPOUND: return plain(.other("a record type"))
    case H5T_REFERENCE: return plain(.other("references to objects"))
    case H5T_ARRAY: return plain(.other("an array type"))
    case H5T_VLEN: return plain(.other("lists of varying length"))
    default: return plain(.other("an unknown type"))
    }
  }

  private func floatType(_ id: borrowing Identifier, byteCount: Int) throws(HDF5Error) -> ElementType {
    for format in FloatFormat.allCases {
      for order in [ByteOrder.littleEndian, .bigEndian] {
        let known = try floatType(format, order)
        if H5Tequal(id.raw, known.raw) > 0 {
          return ElementType(kind: format.kind, byteOrder: order, byteCount: byteCount)
        }
      }
    }
    return ElementType(kind: .other("a float format of \(8 * byteCount) bits"), byteOrder: nil, byteCount: byteCount)
  }

  private func integerType(_ id: borrowing Identifier, byteCount: Int) -> ElementType {
    let order: ByteOrder? =
      switch H5Tget_order(id.raw) {
      case H5T_ORDER_LE: .littleEndian
      case H5T_ORDER_BE: .bigEndian
      default: nil
      }
    let sign = H5Tget_sign(id.raw)
    guard H5Tget_class(id.raw) == H5T_INTEGER, H5Tget_size(id.raw) == byteCount, [1, 2, 4, 8].contains(byteCount),
      H5Tget_precision(id.raw) == 8 * byteCount, H5Tget_offset(id.raw) == 0, let order,
      sign == H5T_SGN_2 || sign == H5T_SGN_NONE
    else {
      return ElementType(
        kind: .other("an integer format of \(8 * byteCount) bits"), byteOrder: nil, byteCount: byteCount)
    }
    return ElementType(
      kind: .integer(bits: 8 * byteCount, isSigned: sign == H5T_SGN_2), byteOrder: order, byteCount: byteCount)
  }

  /// A float type to compare with or to write.
  func floatType(_ format: FloatFormat, _ order: ByteOrder) throws(HDF5Error) -> Identifier {
    let isLittle = order == .littleEndian
    switch format {
    case .float32: return try copied(isLittle ? chdf5_float32_little() : chdf5_float32_big())
    case .float64: return try copied(isLittle ? chdf5_float64_little() : chdf5_float64_big())
    case .float16, .bfloat16:
      // libhdf5 1.10 has no 16-bit floats of its own: a float32's fields, narrowed.
      let type = try copied(isLittle ? chdf5_float32_little() : chdf5_float32_big())
      let exponentBits = format == .float16 ? 5 : 8
      let problem = "libhdf5 refuses a float type"
      try check(H5Tset_fields(type.raw, 15, 15 - exponentBits, exponentBits, 0, 15 - exponentBits), problem)
      try check(H5Tset_precision(type.raw, 16), problem)
      try check(H5Tset_size(type.raw, 2), problem)
      try check(H5Tset_ebias(type.raw, 1 << (exponentBits - 1) - 1), problem)
      return type
    }
  }

  func copied(_ type: hid_t) throws(HDF5Error) -> Identifier {
    try owned(H5Tcopy(type), "libhdf5 refuses to copy a type")
  }

  /// The extents of a dataspace, `[]` for a scalar and `[0]` for "no value", and the number of elements.
  func shape(of space: borrowing Identifier, at path: String) throws(HDF5Error) -> (shape: [Int], count: Int) {
    switch H5Sget_simple_extent_type(space.raw) {
    case H5S_SCALAR: return ([], 1)
    case H5S_NULL: return ([0], 0)
    case H5S_SIMPLE: break
    default: throw failure(.damaged, "its shape cannot be read", at: path)
    }
    let rank = Int(try check(H5Sget_simple_extent_ndims(space.raw), "its shape cannot be read", at: path))
    var extents = [hsize_t](repeating: 0, count: rank)
    let status = unsafe extents.withUnsafeMutableBufferPointer { buffer in
      unsafe H5Sget_simple_extent_dims(space.raw, buffer.baseAddress, nil)
    }
    try check(status, "its shape cannot be read", at: path)
    var shape: [Int] = []
    var count = 1
    for extent in extents {
      guard let size = Int(exactly: extent),
        case (let product, let overflow) = count.multipliedReportingOverflow(by: size),
        !overflow
      else {
        throw refusal(.damaged, "its shape \(extents) overflows", at: path)
      }
      shape.append(size)
      count = product
    }
    return (shape, count)
  }
}

/// The float formats that are read and written.
package enum FloatFormat: CaseIterable, Hashable, Sendable {
  case float16, bfloat16, float32, float64

  var kind: ElementKind {
    switch self {
    case .float16: .float(bits: 16)
    case .bfloat16: .bfloat16
    case .float32: .float(bits: 32)
    case .float64: .float(bits: 64)
    }
  }
}
