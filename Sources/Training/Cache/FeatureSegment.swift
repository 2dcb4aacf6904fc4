import Glibc
import Kernels
import Tensors

/// How the values of one picture lie in a file.
struct RecordLayout: Hashable, Sendable {
  /// Numbers of one picture.
  let count: Int
  /// What they are kept as.
  let precision: Precision

  /// Bytes of one picture's numbers.
  var byteCount: Int { count * (precision == .bfloat16 ? 2 : 4) }
  /// From one picture to the next: each begins a cache line.
  var stride: Int { (byteCount + 63) / 64 * 64 }

  /// Reads one picture's numbers.
  @unsafe func decode(_ bytes: UnsafeRawPointer, into target: UnsafeMutablePointer<Float>) {
    switch precision {
    case .float32: unsafe UnsafeMutableRawPointer(target).copyMemory(from: bytes, byteCount: byteCount)
    case .bfloat16:
      let halves = unsafe bytes.assumingMemoryBound(to: UInt16.self)
      for index in 0..<count { unsafe target[index] = Float(bitPattern: UInt32(halves[index]) << 16) }
    }
  }

  /// Writes one picture's numbers, which are rounded already.
  @unsafe func encode(_ source: UnsafePointer<Float>, into bytes: UnsafeMutableRawPointer) {
    switch precision {
    case .float32: unsafe bytes.copyMemory(from: source, byteCount: byteCount)
    case .bfloat16:
      let halves = unsafe bytes.assumingMemoryBound(to: UInt16.self)
      for index in 0..<count { unsafe halves[index] = UInt16(source[index].bitPattern >> 16) }
    }
  }
}

/// A file with the values of some pictures at one point of one model, as one run added them.
///
/// A header of 512 bytes: `FTCACHE1`, the key of the store, the layout, the number of pictures, words for people, and the
/// SHA-256 of header and table. The table: for each picture its key and the SHA-256 of its numbers. Then the numbers, each
/// picture's at a multiple of 64 bytes.
final class FeatureSegment: Sendable {
  let path: String
  let count: Int
  let byteCount: Int
  private let file: MappedFile
  private let layout: RecordLayout
  private let payload: Int

  static let suffix = ".features"
  static let magic = Array("FTCACHE1".utf8)
  static let headerCount = 512
  static let wordsRange = 128..<480
  static let entryCount = 2 * ContentDigest.byteCount

  /// Opens a file and checks header, table and size; the numbers are checked when they are read.
  init(_ path: String, key: ContentDigest, layout: RecordLayout) throws(CacheDamage) {
    let file: MappedFile
    do throws(SystemError) { file = try MappedFile(path) } catch {
      throw CacheDamage(path: path, reason: "\(error)", isGone: error.number == ENOENT || error.number == EACCES)
    }
    guard file.byteCount >= Self.headerCount else { throw CacheDamage(path: path, reason: "cut short") }
    let header = unsafe file.bytes(at: 0, count: Self.headerCount)
    guard unsafe header.starts(with: Self.magic) else {
      throw CacheDamage(path: path, reason: "not a file of this cache")
    }
    let found = unsafe ContentDigest(at: header.baseAddress.unsafelyUnwrapped + 8)
    func number(_ offset: Int) -> Int { unsafe Int(header.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    guard found == key, number(40) == layout.count, number(44) == Self.code(layout.precision) else {
      throw CacheDamage(path: path, reason: "not of this model and these pictures")
    }
    let count = number(48)
    let payload = Self.payload(count)
    guard file.byteCount == payload + count * layout.stride else {
      throw CacheDamage(path: path, reason: "\(file.byteCount) bytes where \(payload + count * layout.stride) belong")
    }
    let sum = unsafe ContentDigest(at: header.baseAddress.unsafelyUnwrapped + 480)
    guard unsafe Self.checksum(header, table: file.bytes(at: Self.headerCount, count: count * Self.entryCount)) == sum
    else { throw CacheDamage(path: path, reason: "its table is damaged") }
    self.path = path
    self.count = count
    self.file = file
    self.layout = layout
    self.payload = payload
    byteCount = file.byteCount
  }

  /// The key of a picture in it.
  func key(_ record: Int) -> ContentDigest {
    precondition(record < count, "record \(record) of \(count)")
    // The table was found to have `count` entries.
    return unsafe ContentDigest(at: entry(record))
  }

  /// Reads the numbers of a picture; false if they are damaged.
  @unsafe func read(_ record: Int, into target: UnsafeMutablePointer<Float>) -> Bool {
    guard let bytes = unsafe checkedBytes(record) else { return false }
    unsafe layout.decode(bytes, into: target)
    return true
  }

  /// The bytes of a picture's numbers, nil if they are damaged; valid as long as this object.
  @unsafe func checkedBytes(_ record: Int) -> UnsafeRawPointer? {
    let bytes = unsafe file.bytes(at: payload + record * layout.stride, count: layout.byteCount)
    guard unsafe ContentDigest(of: bytes) == ContentDigest(at: entry(record) + ContentDigest.byteCount) else {
      return nil
    }
    return bytes.baseAddress
  }

  @unsafe private func entry(_ record: Int) -> UnsafeRawPointer {
    unsafe file.bytes(at: Self.headerCount + record * Self.entryCount, count: Self.entryCount).baseAddress
      .unsafelyUnwrapped
  }

  /// Notes that it was of use; what has not been for longest is removed first.
  func touch() { unsafe _ = utimensat(AT_FDCWD, path, nil, 0) }

  /// Where the numbers begin in a file of so many pictures.
  static func payload(_ count: Int) -> Int { (headerCount + count * entryCount + 63) / 64 * 64 }

  static func code(_ precision: Precision) -> Int { precision == .bfloat16 ? 1 : 0 }

  /// Of the header up to the checksum's own place, and the table.
  @unsafe static func checksum(_ header: UnsafeRawBufferPointer, table: UnsafeRawBufferPointer) -> ContentDigest {
    var builder = DigestBuilder()
    unsafe builder.add(UnsafeRawBufferPointer(rebasing: header[..<480]))
    unsafe builder.add(table)
    return builder.finished()
  }
}

/// A file of the cache that cannot be used.
struct CacheDamage: Error {
  let path: String
  let reason: String
  /// It is only that it is not there, or not for us: nothing to report.
  var isGone = false
}
