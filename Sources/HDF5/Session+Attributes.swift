import CHDF5

extension Session {
  /// The largest attribute that is read. Keras keeps its own below 64 KiB, and a model's configuration takes a few MiB.
  private static let attributeByteLimit = 256 << 20

  func attribute(_ name: String, of object: borrowing OpenObject) throws(HDF5Error) -> AttributeValue? {
    let path = "\(object.path) attribute \"\(name)\""
    let exists = unsafe H5Aexists(object.id.raw, name)
    guard try check(exists, "cannot be looked up", at: path) > 0 else { return nil }
    let attribute = try owned(unsafe H5Aopen(object.id.raw, name, chdf5_default()), "cannot be opened", at: path)
    let typeID = try owned(H5Aget_type(attribute.raw), "its type cannot be read", at: path)
    let space = try owned(H5Aget_space(attribute.raw), "its shape cannot be read", at: path)
    let (shape, count) = try shape(of: space, at: path)
    let type = try elementType(typeID, at: path)
    try checkSize(type, count: count, stored: Int(clamping: H5Aget_storage_size(attribute.raw)), at: path)

    func numbers<Element>(_ zero: Element, as memoryType: hid_t) throws(HDF5Error) -> [Element] {
      var values = [Element](repeating: zero, count: count)
      guard count > 0 else { return values }
      // The attribute has `count` elements, and so has the array, of the memory type's size.
      let status = unsafe values.withUnsafeMutableBytes { bytes in
        unsafe H5Aread(attribute.raw, memoryType, bytes.baseAddress)
      }
      try check(status, "its value cannot be read", at: path)
      return values
    }

    switch type.kind {
    case .float, .bfloat16:
      return .floats(try numbers(0.0, as: chdf5_native_double()), shape: shape)
    case .integer(64, isSigned: false):
      let values = try numbers(UInt64(0), as: chdf5_native_uint64())
      return .integers(try signed(values, at: path), shape: shape)
    case .integer:
      return .integers(try numbers(Int64(0), as: chdf5_native_int64()), shape: shape)
    case .text:
      let header = try headerAddress(object)
      let texts = try variableTexts(count: count, byteLimit: Self.attributeByteLimit, at: path) {
        texts throws(Damage) in
        try texts.attributeValue(name, ofHeaderAt: header)
      }
      return value(texts, shape: shape)
    case .fixedText(let length):
      var bytes = [UInt8](repeating: 0, count: count * length)
      if count > 0 {
        let status = unsafe bytes.withUnsafeMutableBytes { buffer in
          unsafe H5Aread(attribute.raw, typeID.raw, buffer.baseAddress)
        }
        try check(status, "its value cannot be read", at: path)
      }
      return value(try texts(bytes, length: length, padding: padding(of: typeID), at: path), shape: shape)
    case .opaque, .other:
      throw refusal(.wrongType, "is of a type that is not read here: \(type.kind)", at: path)
    }
  }

  private func value(_ texts: [String], shape: [Int]) -> AttributeValue {
    if shape.isEmpty, let text = texts.first { .string(text) } else { .strings(texts, shape: shape) }
  }

  private func checkSize(_ type: ElementType, count: Int, stored: Int, at path: String) throws(HDF5Error) {
    let (declared, overflow) = count.multipliedReportingOverflow(by: max(type.byteCount, 8))
    guard !overflow, declared <= Self.attributeByteLimit else {
      throw refusal(.tooLarge, "declares \(count) elements of \(type.byteCount) bytes", at: path)
    }
    guard stored <= byteCount else {
      throw refusal(.damaged, "declares \(stored) bytes in a file of \(byteCount)", at: path)
    }
  }

  func signed(_ values: [UInt64], at path: String) throws(HDF5Error) -> [Int64] {
    var result: [Int64] = []
    result.reserveCapacity(values.count)
    for value in values {
      guard let value = Int64(exactly: value) else {
        throw refusal(.wrongType, "holds \(value), which is too large for a signed number", at: path)
      }
      result.append(value)
    }
    return result
  }
}
