import CHDF5

/// How a dataset is cut into chunks.
struct ChunkGrid {
  var shape: [Int]
  var chunk: [Int]
  /// The bytes of one chunk, unpacked; those at the rim are stored whole, too.
  var byteCount: Int

  /// Calls `body` with the position of the first value of every chunk.
  func forEachOrigin(_ body: ([hsize_t]) throws(HDF5Error) -> Void) throws(HDF5Error) {
    guard !shape.contains(0) else { return }
    var origin = [Int](repeating: 0, count: shape.count)
    while true {
      try body(origin.map { hsize_t($0) })
      var axis = shape.count - 1
      while axis >= 0 {
        origin[axis] += chunk[axis]
        if origin[axis] < shape[axis] { break }
        origin[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}

/// What may stand between the file and the values. libhdf5 has three more filters, szip, n-bit and scale-offset: no file of
/// Keras uses them.
enum ChunkFilter {
  case deflate
  case shuffle
  case fletcher32
}

extension Session {
  func chunkGrid(
    _ creation: borrowing Identifier, _ dataset: DatasetDescription, byteLimit: Int
  ) throws(HDF5Error) -> ChunkGrid {
    let rank = dataset.shape.count
    var extents = [hsize_t](repeating: 0, count: rank)
    let found = unsafe extents.withUnsafeMutableBufferPointer { buffer in
      unsafe H5Pget_chunk(creation.raw, Int32(rank), buffer.baseAddress)
    }
    try check(found, "its chunks cannot be read", at: dataset.path)
    var byteCount = dataset.type.byteCount
    var chunkCount = 1
    for (size, extent) in zip(dataset.shape, extents) {
      guard extent > 0, extent <= UInt32.max else {
        throw refusal(.damaged, "has chunks of \(extents)", at: dataset.path)
      }
      let chunk = Int(extent)
      byteCount = byteCount.multipliedReportingOverflow(by: chunk).partialValue
      chunkCount = chunkCount.multipliedReportingOverflow(by: (size - 1) / chunk + 1).partialValue
      guard (0...byteLimit).contains(byteCount), (0...1 << 20).contains(chunkCount) else {
        throw refusal(
          .tooLarge, "is stored in chunks of \(extents), too large or too many", at: dataset.path,
          remedy: "Write it again without chunks.")
      }
    }
    return ChunkGrid(shape: dataset.shape, chunk: extents.map { Int($0) }, byteCount: byteCount)
  }

  func filters(_ creation: borrowing Identifier, at path: String) throws(HDF5Error) -> [ChunkFilter] {
    var filters: [ChunkFilter] = []
    let count = try check(H5Pget_nfilters(creation.raw), "its filters cannot be read", at: path)
    for index in 0..<UInt32(count) {
      var flags: UInt32 = 0
      var valueCount = 0
      var configuration: UInt32 = 0
      var name = [CChar](repeating: 0, count: 64)
      let capacity = name.count
      let filter = unsafe H5Pget_filter2(
        creation.raw, index, &flags, &valueCount, nil, capacity, &name, &configuration)
      switch try check(filter, "its filters cannot be read", at: path) {
      case H5Z_FILTER_DEFLATE: filters.append(.deflate)
      case H5Z_FILTER_SHUFFLE: filters.append(.shuffle)
      case H5Z_FILTER_FLETCHER32: filters.append(.fletcher32)
      default:
        let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        throw refusal(
          .refused, "is packed with the filter \(filter) (\(text.isEmpty ? "unnamed" : text))", at: path,
          remedy: "Write it again with gzip or without compression.")
      }
    }
    return filters
  }

  /// Checks that every chunk unpacks to exactly its size.
  ///
  /// libhdf5 takes it on trust: it reads beyond the end of a chunk that unpacks to less, and allocates whatever it unpacks
  /// to. Hence the chunks are unpacked here once before, which costs a second pass over compressed datasets.
  func checkChunks(
    _ object: borrowing OpenObject, _ grid: ChunkGrid, filters: [ChunkFilter]
  ) throws(HDF5Error) {
    let id = object.id.raw
    let path = object.path
    try grid.forEachOrigin { origin throws(HDF5Error) in
      var size: hsize_t = 0
      // It fails for a chunk that was never written, too: the fill value stands there. If it fails for another reason, so
      // will reading.
      guard unsafe H5Dget_chunk_storage_size(id, origin, &size) >= 0, size > 0 else { return }
      guard size <= byteCount else {
        throw refusal(.damaged, "declares a chunk of \(size) bytes in a file of \(byteCount)", at: path)
      }
      guard !filters.isEmpty || size == grid.byteCount else {
        throw refusal(.damaged, "has a chunk of \(size) bytes, not \(grid.byteCount)", at: path)
      }
      guard !filters.isEmpty else { return }
      var mask: UInt32 = 0
      var packed = [UInt8](repeating: 0, count: Int(size))
      // The buffer has the size that libhdf5 said just before.
      let status = unsafe packed.withUnsafeMutableBytes { bytes in
        unsafe H5Dread_chunk(id, chdf5_default(), origin, &mask, bytes.baseAddress)
      }
      try check(status, "a chunk cannot be read", at: path)
      let applied = filters.enumerated().filter { mask & (1 << $0.offset) == 0 }.map(\.element)
      guard unpacks(packed, through: applied, to: grid.byteCount) else {
        throw refusal(
          .damaged, "has a chunk at \(origin) that does not unpack to its \(grid.byteCount) bytes", at: path,
          remedy: "Copy or download the file again.")
      }
    }
  }

  /// Whether `packed`, the result of `filters` in order, comes from `byteCount` bytes.
  private func unpacks(_ packed: [UInt8], through filters: [ChunkFilter], to byteCount: Int) -> Bool {
    // From the chunk's end of the pipeline: a checksum adds its four bytes, shuffling adds none, zlib says how many.
    guard let zlib = filters.firstIndex(of: .deflate) else {
      return packed.count == byteCount + 4 * filters.count { $0 == .fletcher32 }
    }
    let unpackedCount = byteCount + 4 * filters[..<zlib].count { $0 == .fletcher32 }
    let packedCount = packed.count - 4 * filters[zlib...].count { $0 == .fletcher32 }
    guard packedCount > 0, !filters[(zlib + 1)...].contains(.deflate) else { return false }
    return unsafe withUnsafeTemporaryAllocation(byteCount: unpackedCount, alignment: 16) { bytes in
      unsafe packed.withUnsafeBytes { packed in
        unsafe chdf5_unpack(packed.baseAddress, packedCount, bytes.baseAddress, unpackedCount) != 0
      }
    }
  }
}
