#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A place for a new file.
enum Destination {
  /// Checks that a file can be created at `path`, as far as its folder shows.
  static func check(_ path: String) throws(HDF5Error) {
    var status = stat()
    if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw HDF5Error(.cannotWrite, file: path, problem: "is a folder", remedy: "Name a file to write.")
    }
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard unsafe stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw HDF5Error(
        .cannotWrite, file: path, problem: "cannot be created: there is no folder \(folder)",
        remedy: "Create the folder first.")
    }
    if unsafe access(folder, W_OK) != 0 {
      throw HDF5Error(
        .cannotWrite, file: path, problem: "cannot be created: \(systemMessage(errno))",
        remedy: "Check who may write to \(folder).")
    }
  }
}

/// What the operating system says about an error.
func systemMessage(_ code: CInt) -> String {
  // `strerror` returns a NUL-terminated text.
  unsafe String(cString: strerror(code))
}
