import Glibc

/// A file that is written beside its place and appears there whole or not at all.
///
/// While it is being written its writer holds a lock on it, so that what a killed process left behind can be told from what
/// is under way.
final class PartialFile {
  private let descriptor: Int32
  private let partial: String
  private let path: String
  private var isDone = false

  static let suffix = ".partial"

  init(_ path: String) throws(SystemError) {
    self.path = path
    partial = "\(path)-\(getpid())\(Self.suffix)"
    descriptor = unsafe open(partial, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw SystemError() }
    _ = flock(descriptor, LOCK_EX | LOCK_NB)
  }

  deinit {
    if !isDone { unsafe _ = unlink(partial) }
    _ = close(descriptor)
  }

  /// Writes all bytes at an offset.
  @unsafe func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
    var written = 0
    while written < bytes.count {
      // At most the bytes that are left.
      let step = unsafe pwrite(
        descriptor, bytes.baseAddress.map { unsafe $0 + written }, bytes.count - written, off_t(offset + written))
      if step < 0 && errno == EINTR { continue }
      guard step > 0 else { throw SystemError(number: step == 0 ? ENOSPC : errno) }
      written += step
    }
  }

  /// Brings the bytes to the disk and the file to its place.
  ///
  /// - Parameter synchronizes: not needed where damage is found by checksums and costs nothing but time.
  func finish(synchronizes: Bool = true) throws(SystemError) {
    if synchronizes { guard fsync(descriptor) == 0 else { throw SystemError() } }
    guard unsafe rename(partial, path) == 0 else { throw SystemError() }
    isDone = true
  }

  /// Removes a file that somebody began and nobody is writing any more.
  static func removeIfAbandoned(_ path: String) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { _ = close(descriptor) }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unsafe _ = unlink(path) }
  }
}
