import Glibc
import Images
import Synchronization

/// Remembers the digests of pictures' bytes, so that a picture need not be read to know what it is.
///
/// One file for each folder of pictures. What is remembered is trusted only while size, times of modification and of last
/// change, inode and device of the picture's file are all the same, and only if the file had lain still for two seconds when
/// it was read; see `FileIdentity`. Anything else is read again.
final class PictureIndex: Sendable {
  private struct Entry {
    var identity: FileIdentity
    var digest: ContentDigest
  }

  private let path: String
  private let cache: FeatureCache
  private let known: [ContentDigest: Entry]
  private let found = Mutex<[ContentDigest: Entry]>([:])

  private static let magic = Array("FTINDEX1".utf8)
  private static let headerCount = 64
  private static let entryCount = 104
  static let suffix = ".index"

  /// - Parameter root: the folder of the pictures, as the user names it.
  init(_ cache: FeatureCache, root: String) {
    self.cache = cache
    var name = DigestBuilder()
    name.add(Self.absolute(root))
    path = cache.pictureFolder + "/" + name.finished().name + Self.suffix
    known = Self.read(path, reporting: cache)
  }

  /// The digest of a picture whose file has not changed since it was read; nil if that is not certain.
  ///
  /// - Parameter name: relative to the root, or absolute.
  func digest(of name: String, at path: String) -> ContentDigest? {
    guard let entry = known[Self.key(name)], let now = FileIdentity(of: path), now == entry.identity else { return nil }
    return entry.digest
  }

  /// Takes note of a picture that was read.
  func note(_ name: String, _ identity: FileIdentity?, _ digest: ContentDigest) {
    guard let identity else { return }
    let key = Self.key(name)
    found.withLock { $0[key] = Entry(identity: identity, digest: digest) }
  }

  /// Writes what is new, together with what others may have written meanwhile.
  func save() {
    let new = found.withLock { $0 }
    guard !new.isEmpty, cache.isWritable, CacheFolder.create(cache.pictureFolder) else { return }
    let all = Self.read(path, reporting: cache).merging(new) { _, new in new }
    var bytes = [UInt8](repeating: 0, count: Self.headerCount + all.count * Self.entryCount)
    let failure: SystemError? = unsafe bytes.withUnsafeMutableBytes { bytes in
      let base = unsafe bytes.baseAddress.unsafelyUnwrapped
      for (position, (key, entry)) in all.enumerated() {
        let place = unsafe base + Self.headerCount + position * Self.entryCount
        unsafe key.store(at: place)
        let identity = entry.identity
        unsafe place.storeBytes(of: identity.size, toByteOffset: 32, as: Int64.self)
        unsafe place.storeBytes(of: identity.modified, toByteOffset: 40, as: Int64.self)
        unsafe place.storeBytes(of: identity.changed, toByteOffset: 48, as: Int64.self)
        unsafe place.storeBytes(of: identity.inode, toByteOffset: 56, as: UInt64.self)
        unsafe place.storeBytes(of: identity.device, toByteOffset: 64, as: UInt64.self)
        unsafe entry.digest.store(at: place + 72)
      }
      unsafe bytes.copyBytes(from: Self.magic)
      unsafe bytes.storeBytes(of: UInt64(all.count), toByteOffset: 8, as: UInt64.self)
      let sum = unsafe ContentDigest(of: UnsafeRawBufferPointer(rebasing: bytes[Self.headerCount...]))
      unsafe sum.store(at: base + 16)
      do throws(SystemError) {
        let file = try PartialFile(path)
        try unsafe file.write(UnsafeRawBufferPointer(bytes), at: 0)
        // Losing it costs reading the pictures once more; its checksum tells a torn one.
        try file.finish(synchronizes: false)
        return nil
      } catch { return error }
    }
    if let failure { cache.stopWriting(failure, at: path) } else { cache.wrote() }
  }

  private static func read(_ path: String, reporting cache: FeatureCache) -> [ContentDigest: Entry] {
    guard let file = try? MappedFile(path) else { return [:] }
    let count = (file.byteCount - headerCount) / entryCount
    guard file.byteCount >= headerCount, file.byteCount == headerCount + count * entryCount,
      unsafe file.bytes(at: 0, count: 8).elementsEqual(magic),
      unsafe file.bytes(at: 8, count: 8).loadUnaligned(as: UInt64.self) == UInt64(count),
      unsafe ContentDigest(of: file.bytes(at: headerCount, count: count * entryCount))
        == ContentDigest(at: file.bytes(at: 16, count: 32).baseAddress.unsafelyUnwrapped)
    else {
      cache.report(damage: CacheDamage(path: path, reason: "the list of pictures is damaged"))
      unsafe _ = unlink(path)
      return [:]
    }
    var entries: [ContentDigest: Entry] = [:]
    entries.reserveCapacity(count)
    for position in 0..<count {
      let bytes = unsafe file.bytes(at: headerCount + position * entryCount, count: entryCount)
      let base = unsafe bytes.baseAddress.unsafelyUnwrapped
      let identity = unsafe FileIdentity(
        size: bytes.loadUnaligned(fromByteOffset: 32, as: Int64.self),
        modified: bytes.loadUnaligned(fromByteOffset: 40, as: Int64.self),
        changed: bytes.loadUnaligned(fromByteOffset: 48, as: Int64.self),
        inode: bytes.loadUnaligned(fromByteOffset: 56, as: UInt64.self),
        device: bytes.loadUnaligned(fromByteOffset: 64, as: UInt64.self))
      unsafe entries[ContentDigest(at: base)] = Entry(identity: identity, digest: ContentDigest(at: base + 72))
    }
    return entries
  }

  private static func key(_ name: String) -> ContentDigest { ContentDigest(of: Array(name.utf8)) }

  private static func absolute(_ path: String) -> String {
    // The text that `realpath` makes is copied and given back.
    guard let resolved = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }
}
