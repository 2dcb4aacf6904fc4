import CHDF5

/// How a dataset is laid out in the file. Keras' way, contiguous little-endian float32, is the default; the others exist
/// to test that they can be read.
package struct DatasetStorage: Sendable {
  package var format = FloatFormat.float32
  package var byteOrder = ByteOrder.littleEndian
  /// The extents of a chunk; `nil` for one contiguous block.
  package var chunk: [Int]?
  package var gzipLevel: UInt32?
  package var shuffles = false
  package var hasChecksum = false
  /// Another file that the values go to.
  package var externalFile: String?

  package init() {}

  func propertyList(in session: borrowing Session, at path: String) throws(HDF5Error) -> Identifier {
    let creation = try session.propertyList(chdf5_dataset_create())
    let problem = "cannot be created with this layout"
    try session.check(H5Pset_obj_track_times(creation.raw, false), problem, at: path)
    if let chunk {
      let extents = chunk.map { hsize_t($0) }
      try session.check(unsafe H5Pset_chunk(creation.raw, Int32(extents.count), extents), problem, at: path)
    }
    if shuffles { try session.check(H5Pset_shuffle(creation.raw), problem, at: path) }
    if let gzipLevel { try session.check(H5Pset_deflate(creation.raw, gzipLevel), problem, at: path) }
    if hasChecksum { try session.check(H5Pset_fletcher32(creation.raw), problem, at: path) }
    if let externalFile {
      let unlimited = hsize_t.max
      try session.check(unsafe H5Pset_external(creation.raw, externalFile, 0, unlimited), problem, at: path)
    }
    return creation
  }
}
