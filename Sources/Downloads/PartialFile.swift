internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What has come of a file, and the mark by which the server knows the file again.
///
/// It is locked while somebody writes to it, so that two processes never fetch the same file into each other's.
struct PartialFile: Sendable {
  let path: String
  private let address: String
  private let descriptor: Descriptor
  private(set) var byteCount: Int
  /// The server's mark: an entity tag, or the time of the last change.
  private(set) var validator: String?

  private var validatorPath: String { path + "-of" }

  /// Closes with the last copy.
  private final class Descriptor: Sendable {
    let number: CInt
    init(_ number: CInt) { self.number = number }
    deinit { close(number) }
  }

  init(beside destination: String, address: String) throws(DownloadError) {
    self.address = address
    path = destination + ".partial"
    let folder = URL(fileURLWithPath: destination).deletingLastPathComponent().path
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw DownloadError(
        .cannotWrite, address, "the folder \(folder) cannot be created: \(error.localizedDescription)")
    }
    let number = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard number >= 0 else {
      throw DownloadError(.cannotWrite, address, "\(path) cannot be written: \(Self.systemMessage())")
    }
    descriptor = Descriptor(number)
    guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
      throw DownloadError(.busy, address, "another process is fetching it to \(path); wait for it")
    }
    byteCount = Int(lseek(number, 0, SEEK_END))
    // First the address, then the mark: a part of another file is of no use.
    let kept = (try? String(contentsOfFile: validatorPath, encoding: .utf8))?.split(separator: "\n") ?? []
    if kept.count == 2, kept[0] == address { validator = String(kept[1]) }
    if validator == nil { empty() }
  }

  /// Forgets what has come.
  mutating func empty() {
    _ = ftruncate(descriptor.number, 0)
    byteCount = 0
    validator = nil
  }

  /// Begins with the file that the server now has.
  mutating func begin(validator: String?) {
    empty()
    self.validator = validator
    if let validator {
      try? "\(address)\n\(validator)".write(toFile: validatorPath, atomically: true, encoding: .utf8)
    } else {
      unsafe _ = unlink(validatorPath)
    }
  }

  /// Appends; says what the system says if it cannot.
  mutating func append(_ data: Data) -> String? {
    var rest = [UInt8](data)[...]
    while !rest.isEmpty {
      // The bytes stay where they are during the call.
      let step = unsafe rest.withUnsafeBytes { bytes in
        unsafe pwrite(descriptor.number, bytes.baseAddress, bytes.count, off_t(byteCount))
      }
      if step < 0, errno == EINTR { continue }
      guard step > 0 else { return Self.systemMessage() }
      byteCount += step
      rest = rest.dropFirst(step)
    }
    return nil
  }

  /// Brings it to the disk and to its place.
  func move(to destination: String) throws(DownloadError) {
    guard fsync(descriptor.number) == 0, unsafe rename(path, destination) == 0 else {
      throw DownloadError(.cannotWrite, address, "\(destination) cannot be written: \(Self.systemMessage())")
    }
    unsafe _ = unlink(validatorPath)
  }

  func discard() {
    unsafe _ = unlink(path)
    unsafe _ = unlink(validatorPath)
  }

  private static func systemMessage() -> String {
    // `strerror` returns a NUL-terminated text.
    unsafe String(cString: strerror(errno))
  }
}
