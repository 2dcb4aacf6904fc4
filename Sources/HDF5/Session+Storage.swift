import CHDF5

/// The filters that may stand between the file and the values. All are part of libhdf5; of the others that it has, szip,
/// n-bit and scale-offset, no Keras file has been seen, but damaged ones that crash them have.
private let knownFilters: [H5Z_filter_t] = [H5Z_FILTER_DEFLATE, H5Z_FILTER_SHUFFLE, H5Z_FILTER_FLETCHER32]

extension Session {
  /// Refuses, before anything is allocated, what no honest file contains: more data than the caller takes, or than what
  /// is stored can expand to.
  ///
  /// Keras draws the same line (a declared size of 1000 times the stored one, CVE-2026-0897).
  func checkStorage(
    _ object: borrowing OpenObject, _ dataset: DatasetDescription, elementByteCount: Int, byteLimit: Int
  ) throws(HDF5Error) {
    let path = dataset.path
    let elementSize = max(dataset.type.byteCount, elementByteCount)
    let (size, overflow) = dataset.count.multipliedReportingOverflow(by: elementSize)
    guard !overflow, size <= byteLimit else {
      throw refusal(
        .tooLarge, "declares \(dataset.shape) values, more than the \(byteLimit) bytes that are allowed", at: path)
    }
    let declared = dataset.count * dataset.type.byteCount
    let stored = Int(clamping: H5Dget_storage_size(object.id.raw))
    guard stored <= byteCount else {
      throw refusal(.damaged, "declares \(stored) stored bytes in a file of \(byteCount)", at: path)
    }
    let creation = try owned(H5Dget_create_plist(object.id.raw), "its layout cannot be read", at: path)
    var unpacked = declared
    switch H5Pget_layout(creation.raw) {
    case H5D_COMPACT, H5D_CONTIGUOUS:
      // Nothing is stored of a dataset that was created but never written.
      guard stored == 0 || stored == declared else {
        throw refusal(.damaged, "declares \(declared) bytes and stores \(stored)", at: path)
      }
    case H5D_CHUNKED:
      try checkFilters(creation, at: path)
      unpacked = max(unpacked, try checkChunks(creation, dataset, byteLimit: byteLimit))
    default: throw failure(.damaged, "its layout cannot be read", at: path)
    }
    guard unpacked <= 1 << 20 || unpacked / 1000 <= stored else {
      throw refusal(
        .tooLarge, "declares \(unpacked) bytes and stores only \(stored)", at: path,
        remedy: "If it is not an attempt to exhaust the memory, write it again without compression.")
    }
  }

  private func checkFilters(_ creation: borrowing Identifier, at path: String) throws(HDF5Error) {
    let count = try check(H5Pget_nfilters(creation.raw), "its filters cannot be read", at: path)
    for index in 0..<UInt32(count) {
      var flags: UInt32 = 0
      var valueCount = 0
      var configuration: UInt32 = 0
      var name = [CChar](repeating: 0, count: 64)
      let nameCapacity = name.count
      let filter = unsafe H5Pget_filter2(
        creation.raw, index, &flags, &valueCount, nil, nameCapacity, &name, &configuration)
      try check(filter, "its filters cannot be read", at: path)
      guard knownFilters.contains(filter) else {
        let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        throw refusal(
          .refused, "is packed with the filter \(filter) (\(text.isEmpty ? "unnamed" : text))", at: path,
          remedy: "Write it again with gzip or without compression.")
      }
    }
  }

  /// Checks the chunks' size and number; returns the bytes of one, which libhdf5 unpacks as a whole.
  private func checkChunks(
    _ creation: borrowing Identifier, _ dataset: DatasetDescription, byteLimit: Int
  ) throws(HDF5Error) -> Int {
    let rank = dataset.shape.count
    var chunk = [hsize_t](repeating: 0, count: rank)
    let found = unsafe chunk.withUnsafeMutableBufferPointer { buffer in
      unsafe H5Pget_chunk(creation.raw, Int32(rank), buffer.baseAddress)
    }
    try check(found, "its chunks cannot be read", at: dataset.path)
    var byteCount = UInt64(dataset.type.byteCount)
    var chunkCount: UInt64 = 1
    for (extent, length) in zip(dataset.shape, chunk) {
      guard length > 0 else { throw refusal(.damaged, "has empty chunks", at: dataset.path) }
      byteCount = byteCount.multipliedReportingOverflow(by: length).partialValue
      chunkCount = chunkCount.multipliedReportingOverflow(by: (UInt64(extent) + length - 1) / length).partialValue
      guard byteCount <= byteLimit, chunkCount <= 1 << 20 else {
        throw refusal(
          .tooLarge, "is stored in chunks of \(chunk), too large or too many", at: dataset.path,
          remedy: "Write it again without chunks.")
      }
    }
    return Int(byteCount)
  }
}
