import Glibc

/// Whole files, with the system's own words when they cannot be read or written.
enum FileBytes {
  /// - Parameter limit: how many bytes of the beginning are enough; nil for all.
  static func read(_ path: String, atMost limit: Int? = nil) throws(ImageError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ImageError(.unreadable, path: path, systemMessage()) }
    defer { _ = close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw ImageError(.unreadable, path: path, systemMessage()) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw ImageError(.unreadable, path: path, "a folder where a picture was expected")
    default: throw ImageError(.unreadable, path: path, "neither a file nor a folder")
    }

    let size = min(Int(status.st_size), limit ?? .max)
    var failure: String?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        // `read` writes at most the bytes that are left of the buffer.
        let step = unsafe Glibc.read(descriptor, buffer.baseAddress! + count, size - count)
        if step < 0 && errno == EINTR { continue }
        if step < 0 { failure = systemMessage() }
        if step <= 0 { break }
        count += step
      }
    }
    if let failure { throw ImageError(.unreadable, path: path, failure) }
    return bytes
  }

  static func write(_ bytes: [UInt8], to path: String) throws(ImageError) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw ImageError(.unwritable, path: path, systemMessage()) }
    var failure: String?
    unsafe bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let step = unsafe Glibc.write(descriptor, buffer.baseAddress! + written, buffer.count - written)
        if step < 0 && errno == EINTR { continue }
        if step < 0 {
          failure = systemMessage()
          break
        }
        written += step
      }
    }
    if close(descriptor) != 0 && failure == nil { failure = systemMessage() }
    if let failure { throw ImageError(.unwritable, path: path, failure) }
  }

  private static func systemMessage() -> String {
    // `strerror` returns a string that lives until this thread's next call of it; it is copied at once.
    unsafe String(cString: strerror(errno)).lowercased()
  }
}
