import CHDF5

/// A file and the knowledge that the lock is held: whoever has one may call libhdf5.
///
/// Its functions check every call, and read the error stack before the next one.
struct Session: ~Copyable {
  let path: String
  let file: hid_t
  let isWritable: Bool
  /// The file's bytes, if it is open for reading.
  let raw: RawFile?

  /// Nothing in a file can be larger than the file.
  var byteCount: Int { raw?.byteCount ?? .max }

  func failure(
    _ kind: HDF5Error.Kind, _ problem: String, at object: String? = nil, remedy: String? = nil
  ) -> HDF5Error {
    let reason = Library.innermostError()
    var remedy = remedy
    if let reason, reason.hasPrefix("bad version number") {
      remedy = "If the file is not damaged, a newer HDF5 wrote it: write it again with h5py's libver=\"earliest\"."
    }
    return HDF5Error(kind, file: path, object: object, problem: problem, reason: reason, remedy: remedy)
  }

  /// An error that libhdf5 has no part in.
  func refusal(
    _ kind: HDF5Error.Kind, _ problem: String, at object: String? = nil, remedy: String? = nil
  ) -> HDF5Error {
    HDF5Error(kind, file: path, object: object, problem: problem, remedy: remedy)
  }

  @discardableResult
  func check<Status: SignedInteger>(
    _ status: Status, _ problem: @autoclosure () -> String, at object: String? = nil,
    remedy: @autoclosure () -> String? = nil
  ) throws(HDF5Error) -> Status {
    guard status >= 0 else {
      throw failure(isWritable ? .cannotWrite : .damaged, problem(), at: object, remedy: remedy())
    }
    return status
  }

  func owned(
    _ id: hid_t, _ problem: @autoclosure () -> String, at object: String? = nil
  ) throws(HDF5Error) -> Identifier {
    Identifier(owning: try check(id, problem(), at: object))
  }

  func propertyList(_ propertyClass: hid_t) throws(HDF5Error) -> Identifier {
    try owned(H5Pcreate(propertyClass), "libhdf5 refuses a property list")
  }

  /// Closing a file closes what is open in it; files are not locked, so that read-only and network disks work.
  func fileAccess() throws(HDF5Error) -> Identifier {
    let access = try propertyList(chdf5_file_access())
    try check(H5Pset_fclose_degree(access.raw, H5F_CLOSE_STRONG), "libhdf5 refuses a property")
    try check(H5Pset_file_locking(access.raw, false, true), "libhdf5 refuses a property")
    return access
  }
}
