internal import HDF5

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes files so that at their place there is always a whole one, the old or the new.
enum AtomicFile {
  /// Lets `body` write a file beside `path`, brings it to the disk and moves it to `path`.
  static func replace(_ path: String, _ body: (String) throws(KerasError) -> Void) throws(KerasError) {
    let cut = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let folder = cut == path.startIndex ? "." : String(path[..<cut])
    let partial = "\(path[..<cut]).\(path[cut...]).partial-\(getpid())"
    do throws(KerasError) { try body(partial) } catch {
      unsafe unlink(partial)
      var error = error
      if error.file == partial { error.file = path }
      throw error
    }
    guard synchronize(partial), unsafe rename(partial, path) == 0 else {
      // `strerror` returns a NUL-terminated text.
      let reason = unsafe String(cString: strerror(errno))
      unsafe unlink(partial)
      throw KerasError(.cannotWrite, file: path, "cannot be written: \(reason)")
    }
    // The name as well; not every file system can do that for a folder, and then there is nothing more to be done.
    _ = synchronize(folder)
  }

  /// Writes a file of HDF5 in this way.
  static func write(to path: String, _ body: (HDF5Group) throws(HDF5Error) -> Void) throws(KerasError) {
    try replace(path) { partial throws(KerasError) in try create(partial, body) }
  }

  /// Creates a file of HDF5 and lets `body` fill it.
  static func create(_ path: String, _ body: (HDF5Group) throws(HDF5Error) -> Void) throws(KerasError) {
    try keras { () throws(HDF5Error) in
      let file = try HDF5File(creating: path)
      try body(file.root)
      try file.close()
    }
  }

  private static func synchronize(_ path: String) -> Bool {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return fsync(descriptor) == 0
  }
}
