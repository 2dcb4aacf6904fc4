import CHDF5

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
      throw HDF5Error.tooLarge(dataset, byteLimit: byteLimit, file: self.path)
    }
    let declared = dataset.count * dataset.type.byteCount
    let stored = Int(clamping: H5Dget_storage_size(object.id.raw))
    guard stored <= byteCount else {
      throw refusal(.damaged, "declares \(stored) stored bytes in a file of \(byteCount)", at: path)
    }
    let creation = try owned(H5Dget_create_plist(object.id.raw), "its layout cannot be read", at: path)
    switch H5Pget_layout(creation.raw) {
    case H5D_COMPACT, H5D_CONTIGUOUS:
      // Nothing is stored of a dataset that was created but never written.
      guard stored == 0 || stored == declared else {
        throw refusal(.damaged, "declares \(declared) bytes and stores \(stored)", at: path)
      }
      try checkRatio(declared, stored, at: path)
    case H5D_CHUNKED:
      if let raw {
        let header = try headerAddress(object)
        do throws(Damage) { try StructureCheck.run(raw, header: header) } catch {
          throw error.error(in: self.path, at: path)
        }
      }
      let chunks = try chunkGrid(creation, dataset, byteLimit: byteLimit)
      try checkRatio(max(declared, chunks.byteCount), stored, at: path)
      try checkChunks(object, chunks, filters: try filters(creation, at: path))
    default: throw failure(.damaged, "its layout cannot be read", at: path)
    }
  }

  private func checkRatio(_ declared: Int, _ stored: Int, at path: String) throws(HDF5Error) {
    guard declared <= 1 << 20 || declared / 1000 <= stored else {
      throw refusal(
        .tooLarge, "declares \(declared) bytes and stores only \(stored)", at: path,
        remedy: stored == 0
          ? "It was created but never written." : "If it is what it says, write it again without compression.")
    }
  }

  /// The layout in words, with the filters that the values pass through.
  func layout(of object: borrowing OpenObject) throws(HDF5Error) -> String {
    let creation = try owned(H5Dget_create_plist(object.id.raw), "its layout cannot be read", at: object.path)
    switch H5Pget_layout(creation.raw) {
    case H5D_COMPACT: return "compact"
    case H5D_CONTIGUOUS: return "contiguous"
    case H5D_CHUNKED:
      let names = try filters(creation, at: object.path).map { filter in
        switch filter {
        case .deflate: "gzip"
        case .shuffle: "shuffle"
        case .fletcher32: "checksum"
        }
      }
      return (["chunked"] + names).joined(separator: ", ")
    default: return "of unknown layout"
    }
  }
}
