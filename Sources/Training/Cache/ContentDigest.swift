import Crypto
import Tensors

/// The SHA-256 of something.
struct ContentDigest: Hashable, Sendable {
  private let words: SIMD4<UInt64>

  static let byteCount = 32

  private init(words: SIMD4<UInt64>) { self.words = words }

  fileprivate init(_ digest: SHA256Digest) {
    // A digest of SHA-256 has 32 bytes.
    words = unsafe digest.withUnsafeBytes { unsafe $0.loadUnaligned(as: SIMD4<UInt64>.self) }
  }

  /// Of some bytes.
  @unsafe init(of bytes: UnsafeRawBufferPointer) {
    var hash = SHA256()
    unsafe hash.update(bufferPointer: bytes)
    self.init(hash.finalize())
  }

  /// Of some bytes.
  init(of bytes: [UInt8]) { self = unsafe bytes.withUnsafeBytes { unsafe ContentDigest(of: $0) } }

  /// The digest whose bytes stand at an address, 32 of them.
  @unsafe init(at address: UnsafeRawPointer) {
    unsafe self.init(words: address.loadUnaligned(as: SIMD4<UInt64>.self))
  }

  /// Writes the 32 bytes to an address.
  @unsafe func store(at address: UnsafeMutableRawPointer) {
    unsafe address.storeBytes(of: words, as: SIMD4<UInt64>.self)
  }

  /// 63 bits of it.
  var number: Int { Int(words[0] >> 1) }

  /// Half of it in letters and digits: enough for the name of a file.
  var name: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for word in [words[0], words[1]] {
      for shift in stride(from: 0, to: 64, by: 8) {
        let byte = Int(truncatingIfNeeded: word >> UInt64(shift)) & 0xFF
        text += [digits[byte >> 4], digits[byte & 15]]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// Makes a digest of several things, each with its length, so that no two lists of things look alike.
struct DigestBuilder {
  private var hash = SHA256()

  mutating func add(_ text: String) {
    add(text.utf8.count)
    var text = text
    text.withUTF8 { unsafe hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
  }

  mutating func add(_ number: Int) {
    unsafe withUnsafeBytes(of: Int64(number).littleEndian) { unsafe hash.update(bufferPointer: $0) }
  }

  @unsafe mutating func add(_ bytes: UnsafeRawBufferPointer) {
    add(bytes.count)
    unsafe hash.update(bufferPointer: bytes)
  }

  mutating func add(_ tensor: Tensor) {
    add("\(tensor.shape)")
    unsafe tensor.withUnsafeElements { unsafe hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
  }

  mutating func add(_ digest: ContentDigest) {
    var digest = digest
    unsafe withUnsafeBytes(of: &digest) { unsafe hash.update(bufferPointer: $0) }
  }

  func finished() -> ContentDigest { ContentDigest(hash.finalize()) }
}
