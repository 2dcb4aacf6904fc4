import Glibc

/// What the file system says of a file: as long as it stays the same, so do the bytes.
///
/// Writing to a file sets the time of its last change (`ctime`), and nobody can set that back; the time of modification can be
/// set at will and would not be enough. Both stand still while the clock does, so a file that changed a moment ago may change
/// again without a trace: `isSettled` says whether that moment has passed.
public struct FileIdentity: Hashable, Sendable {
  public let size: Int64
  /// Nanoseconds since 1970.
  public let modified: Int64
  public let changed: Int64
  public let inode: UInt64
  public let device: UInt64

  public init(size: Int64, modified: Int64, changed: Int64, inode: UInt64, device: UInt64) {
    self.size = size
    self.modified = modified
    self.changed = changed
    self.inode = inode
    self.device = device
  }

  /// Of the regular file at a path; nil if there is none.
  public init?(of path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    size = Int64(status.st_size)
    modified = Self.nanoseconds(status.st_mtim)
    changed = Self.nanoseconds(status.st_ctim)
    inode = UInt64(status.st_ino)
    device = UInt64(status.st_dev)
  }

  /// Whether the last change lies so far back (two seconds) that a later one must have another time, also on file systems
  /// that count in whole seconds.
  public var isSettled: Bool {
    var now = timespec()
    guard unsafe clock_gettime(CLOCK_REALTIME, &now) == 0 else { return false }
    return max(modified, changed) < Self.nanoseconds(now) - 2_000_000_000
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

/// The bytes of a picture's file, and what the file system says of it if it did not change while it was read.
public struct ImageContents: Sendable {
  public let bytes: [UInt8]
  /// Nil where the bytes may be of two minds, or may change without a trace.
  public let identity: FileIdentity?

  public init(of path: String) throws(ImageError) {
    let before = FileIdentity(of: path)
    let bytes = try FileBytes.read(path)
    let after = FileIdentity(of: path)
    self.bytes = bytes
    guard let before, before == after, before.isSettled, before.size == bytes.count else {
      identity = nil
      return
    }
    identity = before
  }
}
