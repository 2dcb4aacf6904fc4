import CHDF5

extension HDF5Group {
  /// Creates a group, and those that lead to it, unless they are there already.
  @discardableResult
  public func createGroup(at path: String) throws(HDF5Error) -> HDF5Group {
    let created = try file.locked(at: path) { session throws(HDF5Error) in
      try session.createGroup(absolute(path))
    }
    return HDF5Group(file: file, path: created)
  }

  /// Writes numbers in row-major order as a new dataset, little-endian float32; groups on the way are created.
  @discardableResult
  public func writeDataset(_ path: String, floats: [Float], shape: [Int]) throws(HDF5Error) -> HDF5Dataset {
    try writeDataset(path, floats: floats, shape: shape, storage: DatasetStorage())
  }

  /// Writes numbers from the caller's memory, as the function for an array does.
  @discardableResult
  public func writeDataset(
    _ path: String, floats: UnsafeBufferPointer<Float>, shape: [Int]
  ) throws(HDF5Error) -> HDF5Dataset {
    try unsafe write(
      path, UnsafeRawBufferPointer(floats), as: .float(.float32, .littleEndian), shape: shape, DatasetStorage())
  }

  @discardableResult
  public func writeDataset(_ path: String, integers: [Int64], shape: [Int]) throws(HDF5Error) -> HDF5Dataset {
    try write(path, integers, as: .int64, shape: shape)
  }

  @discardableResult
  public func writeDataset(_ path: String, integers: [Int32], shape: [Int]) throws(HDF5Error) -> HDF5Dataset {
    try write(path, integers, as: .int32, shape: shape)
  }

  /// Writes texts as UTF-8 of fixed length, padded with NUL: h5py reads them as an array of bytes.
  @discardableResult
  public func writeDataset(_ path: String, strings: [String], shape: [Int]) throws(HDF5Error) -> HDF5Dataset {
    let (bytes, length) = try file.locked(at: path) { session throws(HDF5Error) in
      let target = absolute(path)
      try session.requireCount(strings.count, shape, at: target)
      return try session.padded(strings, at: target)
    }
    return try write(path, bytes, as: .text(byteCount: length), shape: shape)
  }

  @discardableResult
  package func writeDataset(
    _ path: String, floats: [Float], shape: [Int], storage: DatasetStorage
  ) throws(HDF5Error) -> HDF5Dataset {
    try write(path, floats, as: .float(storage.format, storage.byteOrder), shape: shape, storage)
  }

  private func write<Element: BitwiseCopyable>(
    _ path: String, _ values: [Element], as element: WrittenElement, shape: [Int],
    _ storage: DatasetStorage = DatasetStorage()
  ) throws(HDF5Error) -> HDF5Dataset {
    try unsafe withBytes(of: values) { bytes throws(HDF5Error) in
      try unsafe write(path, bytes, as: element, shape: shape, storage)
    }
  }

  private func write(
    _ path: String, _ bytes: UnsafeRawBufferPointer, as element: WrittenElement, shape: [Int],
    _ storage: DatasetStorage
  ) throws(HDF5Error) -> HDF5Dataset {
    let description = try file.locked(at: path) { session throws(HDF5Error) in
      try unsafe session.writeDataset(absolute(path), bytes, as: element, shape: shape, storage)
    }
    return HDF5Dataset(file: file, description: description)
  }
}

extension HDF5Group {
  /// A link to a path in the same file, which need not exist; to test that reading follows it.
  package func createSoftLink(_ name: String, to target: String) throws(HDF5Error) {
    try file.locked(at: path) { session throws(HDF5Error) in
      let group = try session.open(path, as: .group)
      let status = unsafe H5Lcreate_soft(target, group.id.raw, name, chdf5_default(), chdf5_default())
      try session.check(status, "cannot be linked", at: absolute(name))
    }
  }

  /// A link to an object in another file; to test that reading refuses it.
  package func createExternalLink(_ name: String, to target: String, inFile other: String) throws(HDF5Error) {
    try file.locked(at: path) { session throws(HDF5Error) in
      let group = try session.open(path, as: .group)
      let status = unsafe H5Lcreate_external(
        other, target, group.id.raw, name, chdf5_default(), chdf5_default())
      try session.check(status, "cannot be linked", at: absolute(name))
    }
  }
}
