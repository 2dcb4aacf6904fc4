#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An open file, closed with its owner.
final class FileDescriptor: Sendable {
  private let raw: CInt

  init(reading path: String) throws(ZipError) {
    raw = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard raw >= 0 else {
      let code = errno
      let isMissing = code == ENOENT || code == ENOTDIR
      throw ZipError(
        isMissing ? .missingFile : .unreadableFile, file: path,
        isMissing ? "no such file" : "cannot be read: \(Self.message(code))")
    }
  }

  init(creating path: String) throws(ZipError) {
    raw = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard raw >= 0 else {
      throw ZipError(.cannotWrite, file: path, "cannot be created: \(Self.message(errno))")
    }
  }

  deinit { close(raw) }

  /// The number of bytes; nil for what is no regular file.
  var byteCount: Int? {
    var status = stat()
    guard unsafe fstat(raw, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// At most `count` bytes at `position`, fewer at the end of the file.
  func bytes(at position: Int, count: Int) -> [UInt8] {
    // `pread` fills at most `count` bytes and says how many.
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let read = unsafe pread(raw, buffer.baseAddress! + filled, count - filled, off_t(position + filled))
        if read <= 0 { break }
        filled += read
      }
    }
  }

  /// Writes all bytes at `position`; gives the reason of a failure.
  func write(_ bytes: [UInt8], at position: Int) -> String? {
    unsafe bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let written = unsafe pwrite(raw, buffer.baseAddress! + done, buffer.count - done, off_t(position + done))
        if written < 0 && errno == EINTR { continue }
        if written <= 0 { return Self.message(errno) }
        done += written
      }
      return nil
    }
  }

  private static func message(_ code: CInt) -> String {
    // `strerror` returns a NUL-terminated text.
    unsafe String(cString: strerror(code))
  }
}
