/// The header of a group or a dataset: a list of messages, each about one thing.
struct ObjectHeader {
  struct Message {
    var type: Int
    /// Whether the message stands elsewhere, and here is only where.
    var isShared: Bool
    var data: Cursor
  }

  /// 1, or 2 for the newer form, whose checksum libhdf5 verifies.
  var version: Int
  var messages: [Message] = []

  init(at address: UInt64, in bytes: inout FileBytes) throws(Damage) {
    let prefix = try bytes.cursor(at: address, count: 16, "an object header")
    if prefix.rest.starts(with: "OHDR".utf8) {
      version = 2
      try readNew(at: address, in: &bytes)
    } else {
      version = 1
      try readClassic(prefix, at: address, in: &bytes)
    }
  }

  /// The name of a message that continues the header elsewhere.
  private static let continuation = 0x10

  private mutating func readClassic(_ prefix: Cursor, at address: UInt64, in bytes: inout FileBytes) throws(Damage) {
    let inconsistent = Damage("the object header at \(address) is inconsistent")
    var prefix = prefix
    guard try prefix.integer(1) == 1 else { throw Damage("there is no object header at \(address)") }
    try prefix.skip(1)
    let count = try prefix.integer(2)
    try prefix.skip(4)
    var blocks = [(address + 16, try prefix.integer(4))]
    var found = 0
    while let (start, length) = blocks.popLast() {
      var block = try bytes.cursor(at: start, count: length, "an object header")
      while !block.rest.isEmpty {
        let type = try block.integer(2)
        let size = try block.integer(2)
        let flags = try block.integer(1)
        try block.skip(3)
        found += 1
        guard found <= count, size % 8 == 0 else { throw inconsistent }
        let message = Message(type: type, isShared: flags & 2 != 0, data: Cursor(try block.take(size)))
        if type == Self.continuation {
          blocks.append(try continuation(message, bytes.superblock))
        } else {
          messages.append(message)
        }
      }
    }
    guard found == count else { throw inconsistent }
  }

  private mutating func readNew(at address: UInt64, in bytes: inout FileBytes) throws(Damage) {
    var prefix = try bytes.cursor(at: address, count: 6, "an object header")
    try prefix.skip(5)
    let flags = try prefix.integer(1)
    let sizeBytes = 1 << (flags & 3)
    let prefixCount = 6 + (flags & 32 != 0 ? 16 : 0) + (flags & 16 != 0 ? 4 : 0) + sizeBytes
    prefix = try bytes.cursor(at: address, count: prefixCount, "an object header")
    try prefix.skip(prefixCount - sizeBytes)
    var blocks = [(address + UInt64(prefixCount), try prefix.integer(sizeBytes))]
    let headerCount = flags & 4 != 0 ? 6 : 4
    var blockCount = 0
    while let (start, length) = blocks.popLast() {
      blockCount += 1
      guard blockCount < 1 << 16 else { throw Damage("the object header at \(address) is circular") }
      var block = try bytes.cursor(at: start, count: length, "an object header")
      // What is left at the end of a block is too small for a message.
      while block.rest.count >= headerCount {
        let type = try block.integer(1)
        let size = try block.integer(2)
        let flags = try block.integer(1)
        try block.skip(headerCount - 4)
        let message = Message(type: type, isShared: flags & 2 != 0, data: Cursor(try block.take(size)))
        if type == Self.continuation {
          // The block begins with a signature and ends with a checksum.
          let (start, length) = try continuation(message, bytes.superblock)
          guard length >= 8, start <= .max - 4 else { throw Damage("the object header at \(address) is inconsistent") }
          blocks.append((start + 4, length - 8))
        } else {
          messages.append(message)
        }
      }
    }
  }

  private func continuation(
    _ message: Message, _ superblock: Superblock
  ) throws(Damage) -> (start: UInt64, length: Int) {
    var data = message.data
    return (try data.unsigned(superblock.offsetSize), try data.integer(superblock.lengthSize))
  }
}
