import CHDF5

/// What is known of a dataset without reading its values.
struct DatasetDescription: Hashable, Sendable {
  var path: String
  var shape: [Int]
  var count: Int
  var type: ElementType
  /// Where the values begin in the file, if they stand there in one block as they stand in memory: as native floats.
  var position: Int?
}

extension Session {
  func describe(_ object: borrowing OpenObject) throws(HDF5Error) -> DatasetDescription {
    let path = object.path
    let creation = try owned(H5Dget_create_plist(object.id.raw), "its layout cannot be read", at: path)
    // Before anything else: even asking a virtual dataset for its shape may open other files.
    let layout = H5Pget_layout(creation.raw)
    guard layout != H5D_VIRTUAL else {
      throw refusal(
        .refused, "is a virtual dataset, whose values are in other files", at: path, remedy: "Copy them into this file."
      )
    }
    guard try check(H5Pget_external_count(creation.raw), "its layout cannot be read", at: path) == 0 else {
      throw refusal(
        .refused, "keeps its values in another file", at: path, remedy: "Copy them into this file.")
    }
    let space = try owned(H5Dget_space(object.id.raw), "its shape cannot be read", at: path)
    let typeID = try owned(H5Dget_type(object.id.raw), "its type cannot be read", at: path)
    let (shape, count) = try shape(of: space, at: path)
    let type = try elementType(typeID, at: path)
    return DatasetDescription(
      path: path, shape: shape, count: count, type: type,
      position: layout == H5D_CONTIGUOUS ? position(of: object, count: count, type) : nil)
  }

  private func position(of object: borrowing OpenObject, count: Int, _ type: ElementType) -> Int? {
    let native = ElementType(kind: .float(bits: 32), byteOrder: .native, byteCount: 4)
    let (size, overflow) = count.multipliedReportingOverflow(by: 4)
    guard raw != nil, type == native, count > 0, !overflow, H5Dget_storage_size(object.id.raw) == size,
      // All ones if no place was taken yet.
      let position = Int(exactly: H5Dget_offset(object.id.raw)), position > 0, position <= byteCount,
      size <= byteCount - position
    else { return nil }
    return position
  }

  // MARK: Values

  func readFloats(_ dataset: DatasetDescription, byteLimit: Int) throws(HDF5Error) -> [Float] {
    try requireNumbers(dataset)
    return try read(dataset, as: chdf5_native_float(), byteLimit: byteLimit)
  }

  func readFloats(
    _ dataset: DatasetDescription, into buffer: UnsafeMutableBufferPointer<Float>, byteLimit: Int
  ) throws(HDF5Error) {
    try requireNumbers(dataset)
    let object = try reopen(dataset, elementByteCount: 4, byteLimit: byteLimit)
    try unsafe read(object, dataset, as: chdf5_native_float(), into: UnsafeMutableRawBufferPointer(buffer))
  }

  private func requireNumbers(_ dataset: DatasetDescription) throws(HDF5Error) {
    guard dataset.type.kind.isNumeric else {
      throw refusal(.wrongType, "holds \(dataset.type.kind), not numbers", at: dataset.path)
    }
  }

  func readIntegers(_ dataset: DatasetDescription, byteLimit: Int) throws(HDF5Error) -> [Int64] {
    switch dataset.type.kind {
    case .integer(64, isSigned: false):
      let values: [UInt64] = try read(dataset, as: chdf5_native_uint64(), byteLimit: byteLimit)
      return try signed(values, at: dataset.path)
    case .integer: return try read(dataset, as: chdf5_native_int64(), byteLimit: byteLimit)
    default:
      throw refusal(.wrongType, "holds \(dataset.type.kind), not whole numbers", at: dataset.path)
    }
  }

  func readBytes(_ dataset: DatasetDescription, byteLimit: Int) throws(HDF5Error) -> [UInt8] {
    guard case .opaque(let length) = dataset.type.kind else {
      throw refusal(.wrongType, "holds \(dataset.type.kind), not opaque elements", at: dataset.path)
    }
    return try readRaw(dataset, length: length, byteLimit: byteLimit)
  }

  func readStrings(_ dataset: DatasetDescription, byteLimit: Int) throws(HDF5Error) -> [String] {
    let path = dataset.path
    switch dataset.type.kind {
    case .fixedText(let length):
      let bytes = try readRaw(dataset, length: length, byteLimit: byteLimit)
      let object = try open(path, as: .dataset)
      let type = try owned(H5Dget_type(object.id.raw), "its type cannot be read", at: path)
      return try texts(bytes, length: length, padding: padding(of: type), at: path)
    case .text:
      let object = try reopen(dataset, elementByteCount: 16, byteLimit: byteLimit)
      guard dataset.count > 0 else { return [] }
      guard H5Dget_storage_size(object.id.raw) > 0 else { return Array(repeating: "", count: dataset.count) }
      let position = H5Dget_offset(object.id.raw)
      return try variableTexts(count: dataset.count, byteLimit: byteLimit, at: path) { texts throws(Damage) in
        guard let position = Int(exactly: position) else { return nil }
        return try texts.references(at: position, count: dataset.count)
      }
    default:
      throw refusal(.wrongType, "holds \(dataset.type.kind), not text", at: path)
    }
  }

  // MARK: Reading into memory

  private func readRaw(
    _ dataset: DatasetDescription, length: Int, byteLimit: Int
  ) throws(HDF5Error) -> [UInt8] {
    let object = try reopen(dataset, elementByteCount: length, byteLimit: byteLimit)
    let type = try owned(H5Dget_type(object.id.raw), "its type cannot be read", at: dataset.path)
    return try read(object, dataset, as: type.raw, count: dataset.count * length)
  }

  private func read<Element: BitwiseCopyable>(
    _ dataset: DatasetDescription, as memoryType: hid_t, byteLimit: Int
  ) throws(HDF5Error) -> [Element] {
    let object = try reopen(dataset, elementByteCount: MemoryLayout<Element>.stride, byteLimit: byteLimit)
    return try read(object, dataset, as: memoryType, count: dataset.count)
  }

  private func read<Element: BitwiseCopyable>(
    _ object: borrowing OpenObject, _ dataset: DatasetDescription, as memoryType: hid_t, count: Int
  ) throws(HDF5Error) -> [Element] {
    var failure: HDF5Error?
    let id = object.id.raw
    let values = unsafe [Element](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(HDF5Error) {
        let bytes = unsafe UnsafeMutableRawBufferPointer(
          start: buffer.baseAddress, count: count * MemoryLayout<Element>.stride)
        try unsafe read(id, dataset, as: memoryType, into: bytes)
        filled = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return values
  }

  private func read(
    _ object: borrowing OpenObject, _ dataset: DatasetDescription, as memoryType: hid_t,
    into bytes: UnsafeMutableRawBufferPointer
  ) throws(HDF5Error) {
    try unsafe read(object.id.raw, dataset, as: memoryType, into: bytes)
  }

  private func read(
    _ id: hid_t, _ dataset: DatasetDescription, as memoryType: hid_t, into bytes: UnsafeMutableRawBufferPointer
  ) throws(HDF5Error) {
    guard dataset.count > 0 else { return }
    // libhdf5 writes `count` elements of the memory type; it must fit, whatever the callers computed.
    precondition(bytes.count >= dataset.count * H5Tget_size(memoryType))
    let status = unsafe H5Dread(
      id, memoryType, chdf5_whole_extent(), chdf5_whole_extent(), chdf5_default(), bytes.baseAddress)
    try check(
      status, "its values cannot be read", at: dataset.path,
      remedy: "The file seems damaged: copy or download it again.")
  }

  /// Opens a described dataset again, checks that it is as described, and that reading it is safe.
  private func reopen(
    _ dataset: DatasetDescription, elementByteCount: Int, byteLimit: Int
  ) throws(HDF5Error) -> OpenObject {
    let object = try open(dataset.path, as: .dataset)
    guard try describe(object) == dataset else {
      throw refusal(.wrongType, "changed since it was opened", at: dataset.path)
    }
    try checkStorage(object, dataset, elementByteCount: elementByteCount, byteLimit: byteLimit)
    return object
  }
}
