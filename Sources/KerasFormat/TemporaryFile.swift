#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file in the system's folder for temporary files, gone when `body` ends; who has it open may go on reading.
enum TemporaryFile {
  static func with<Result>(_ body: (String) throws(KerasError) -> Result) throws(KerasError) -> Result {
    // `getenv` returns NULL or a NUL-terminated text.
    let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var template = Array("\(folder.isEmpty ? "/tmp" : folder)/finetune-XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&template)
    guard descriptor >= 0 else {
      // `strerror` returns a NUL-terminated text.
      let reason = unsafe String(cString: strerror(errno))
      throw KerasError(
        .cannotWrite, file: folder, "a temporary file cannot be created: \(reason)",
        remedy: "Name a folder with room in the environment variable TMPDIR.")
    }
    close(descriptor)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unsafe unlink(path) }
    return try body(path)
  }

  /// Removes a file, if it is there.
  static func remove(_ path: String) { unsafe _ = unlink(path) }
}
