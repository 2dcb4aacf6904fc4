import CHDF5
import Synchronization

/// An open file, shared by the groups and datasets that were reached from it, and closed with the last of them.
///
/// `id` is its only state. Its lock is taken inside `Library.withLock`, never around it.
final class OpenFile: Sendable {
  let path: String
  let isWritable: Bool
  /// The file's bytes, if it is open for reading.
  private let raw: RawFile?
  private let id: Mutex<hid_t?>

  /// - Parameters:
  ///   - location: where the file is.
  ///   - path: what errors call it.
  ///   - checksStructure: whether to look for damage before libhdf5 sees the file.
  init(reading location: String, named path: String, checksStructure: Bool = true) throws(HDF5Error) {
    let raw = try RawFile(location, named: path)
    if checksStructure {
      do throws(Damage) { try StructureCheck.run(raw) } catch { throw error.error(in: path) }
    }
    self.raw = raw
    self.path = path
    isWritable = false
    let id = try Library.withLock { () throws(HDF5Error) in
      let session = Session(path: path, file: -1, isWritable: false, raw: raw)
      let access = try session.fileAccess()
      let id = unsafe H5Fopen(location, chdf5_read_only(), access.raw)
      guard id >= 0 else {
        throw session.failure(.damaged, "cannot be opened", remedy: "It seems damaged: copy or download it again.")
      }
      return id
    }
    self.id = Mutex(id)
  }

  init(creating path: String) throws(HDF5Error) {
    try Destination.check(path)
    self.path = path
    isWritable = true
    raw = nil
    let id = try Library.withLock { () throws(HDF5Error) in
      let session = Session(path: path, file: -1, isWritable: true, raw: nil)
      let access = try session.fileAccess()
      let creation = try session.propertyList(chdf5_file_create())
      try session.check(H5Pset_obj_track_times(creation.raw, false), "cannot be created")
      let id = unsafe H5Fcreate(path, chdf5_truncate(), creation.raw, access.raw)
      guard id >= 0 else {
        throw session.failure(
          .cannotWrite, "cannot be created",
          remedy: "Check that its folder may be written and that nothing has the file open.")
      }
      return id
    }
    self.id = Mutex(id)
  }

  deinit {
    // A writer that wants to know whether it worked calls `close()`.
    Library.withLock {
      if let id = takeID() { H5Fclose(id) }
    }
  }

  /// Runs `body` with the lock held and the file open.
  func locked<Result: Sendable>(
    _ body: (borrowing Session) throws(HDF5Error) -> Result
  ) throws(HDF5Error) -> Result {
    // Were the last reference dropped inside, `deinit` would wait for the lock that it stands in.
    defer { withExtendedLifetime(self) {} }
    return try Library.withLock { () throws(HDF5Error) in
      guard let id = id.withLock({ $0 }) else {
        throw HDF5Error(.missingObject, file: path, problem: "is already closed", remedy: "Open it again.")
      }
      return try body(Session(path: path, file: id, isWritable: isWritable, raw: raw))
    }
  }

  /// Writes out what is still in memory, closes the file and reports failure, such as a full disk.
  func close() throws(HDF5Error) {
    defer { withExtendedLifetime(self) {} }
    try Library.withLock { () throws(HDF5Error) in
      guard let id = takeID() else { return }
      let session = Session(path: path, file: id, isWritable: isWritable, raw: raw)
      let remedy = "Check that the disk is not full; the file is incomplete."
      if isWritable, H5Fflush(id, H5F_SCOPE_GLOBAL) < 0 {
        let failure = session.failure(.cannotWrite, "cannot be written to the end", remedy: remedy)
        H5Fclose(id)
        throw failure
      }
      if H5Fclose(id) < 0 { throw session.failure(.cannotWrite, "cannot be closed", remedy: remedy) }
    }
  }

  private func takeID() -> hid_t? {
    id.withLock { id in
      defer { id = nil }
      return id
    }
  }
}
