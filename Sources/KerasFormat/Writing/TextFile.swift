#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes a text as a file.
enum TextFile {
  static func write(_ text: String, to path: String) throws(KerasError) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    var isWritten = descriptor >= 0
    var bytes = Array(text.utf8)[...]
    var position = 0
    while isWritten, !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(position)) }
      position += max(0, count)
      isWritten = count > 0
      bytes = bytes.dropFirst(max(0, count))
    }
    // `strerror` returns a NUL-terminated text.
    let reason = unsafe String(cString: strerror(errno))
    if descriptor >= 0 { close(descriptor) }
    guard isWritten else { throw KerasError(.cannotWrite, file: path, "cannot be written: \(reason)") }
  }
}
