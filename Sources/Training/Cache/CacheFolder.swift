import Glibc
import Synchronization

/// What the cache asks of the file system.
enum CacheFolder {
  /// The names in a folder; none if it is not there.
  static func names(_ path: String) -> [String] {
    // The stream belongs to this function; each name is copied before the next is read.
    guard let stream = unsafe opendir(path) else { return [] }
    defer { _ = unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
        unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }

  /// Makes a folder and those above it, for nobody else to read; whether it is there then.
  @discardableResult
  static func create(_ path: String) -> Bool {
    if unsafe mkdir(path, 0o700) == 0 || errno == EEXIST { return true }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return false }
    return create(String(path[..<slash])) && (unsafe mkdir(path, 0o700) == 0 || errno == EEXIST)
  }

  /// A name that nobody else gives: later ones come later in the order of names.
  static func freshName() -> String {
    var now = timespec()
    unsafe _ = clock_gettime(CLOCK_REALTIME, &now)
    let time = UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
    let number = counter.add(1, ordering: .relaxed).oldValue
    return "\(String(time, radix: 16))-\(getpid())-\(number)"
  }

  private static let counter = Atomic(0)
}

/// A lock between processes, held as long as this object; only ever tried, never waited for.
final class FileLock {
  private let descriptor: Int32

  /// Nil if somebody else holds it, or there can be none.
  init?(_ path: String) {
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return nil }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      _ = close(descriptor)
      return nil
    }
  }

  deinit { _ = close(descriptor) }
}
