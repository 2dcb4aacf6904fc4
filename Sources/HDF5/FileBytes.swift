/// The structures of a file, read a window at a time.
struct FileBytes {
  let file: RawFile
  private var window: [UInt8] = []
  private var windowStart = 0

  /// Structures are small and stand all over the file: more would mostly be read in vain.
  private static let windowSize = 1 << 12

  init(_ file: RawFile) { self.file = file }

  var superblock: Superblock { file.superblock }

  /// All ones stand for "nowhere".
  func isUndefined(_ address: UInt64) -> Bool {
    address == .max >> (64 - 8 * UInt64(superblock.offsetSize))
  }

  func requireRange(_ address: UInt64, _ count: Int, _ what: String) throws(Damage) {
    guard let start = Int(exactly: address), count >= 0, start <= file.byteCount - file.base,
      count <= file.byteCount - file.base - start
    else { throw Damage("\(what) at \(address) lies beyond the end") }
  }

  /// The `count` bytes at `address`, all of which must be in the file.
  mutating func cursor(at address: UInt64, count: Int, _ what: String) throws(Damage) -> Cursor {
    try requireRange(address, count, what)
    let start = file.base + Int(address)
    if start < windowStart || start + count > windowStart + window.count {
      window = file.bytes(at: start, count: max(count, min(Self.windowSize, file.byteCount - start)))
      windowStart = start
    }
    guard start + count <= windowStart + window.count else { throw Damage("\(what) at \(address) cannot be read") }
    return Cursor(window[(start - windowStart)..<(start - windowStart + count)])
  }

  /// The `count` bytes at `address`, after a signature of four letters.
  mutating func signed(_ signature: String, at address: UInt64, count: Int) throws(Damage) -> Cursor {
    var cursor = try cursor(at: address, count: count, "the structure \(signature)")
    guard try cursor.take(4).elementsEqual(signature.utf8) else {
      throw Damage("there is no structure \(signature) at \(address)")
    }
    return cursor
  }
}
