import Glibc

/// A whole file, mapped to be read.
///
/// The files of the cache are written once, beside their place, and never change afterwards; removing one leaves it mapped.
/// Unchecked Sendable: the memory is only ever read, and lives as long as this object.
@safe final class MappedFile: @unchecked Sendable {
  let byteCount: Int
  private let base: UnsafeRawPointer?

  /// - Throws: `errno` if the file cannot be opened or mapped.
  init(_ path: String) throws(SystemError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw SystemError() }
    defer { _ = close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw SystemError() }
    guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError(number: EINVAL) }
    byteCount = Int(status.st_size)
    guard byteCount > 0 else {
      unsafe base = nil
      return
    }
    // A private mapping of a file that is open for reading; what it takes is given back in `deinit`.
    guard let mapped = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0), unsafe mapped != MAP_FAILED
    else { throw SystemError() }
    unsafe base = UnsafeRawPointer(mapped)
  }

  deinit {
    if let base = unsafe base { _ = unsafe munmap(UnsafeMutableRawPointer(mutating: base), byteCount) }
  }

  /// The bytes from `offset` on; valid as long as this object.
  @unsafe func bytes(at offset: Int, count: Int) -> UnsafeRawBufferPointer {
    precondition(offset >= 0 && count >= 0 && offset <= byteCount - count, "\(offset) + \(count) of \(byteCount)")
    return unsafe UnsafeRawBufferPointer(start: base.map { unsafe $0 + offset }, count: count)
  }
}

/// What the system said when a call failed.
struct SystemError: Error, CustomStringConvertible {
  let number: Int32

  init(number: Int32 = errno) { self.number = number }

  // `strerror` returns a text that lives until this thread's next call of it; it is copied at once.
  var description: String { unsafe String(cString: strerror(number)) }
}
