internal import Synchronization

/// A collection of texts of variable length ("global heap"): numbered objects, one after the other.
struct TextHeap {
  private var objects: [Int: ArraySlice<UInt8>] = [:]
  let address: UInt64

  init(at address: UInt64, in bytes: inout FileBytes) throws(Damage) {
    self.address = address
    let lengthSize = bytes.superblock.lengthSize
    var header = try bytes.signed("GCOL", at: address, count: 8 + lengthSize)
    guard try header.integer(1) == 1 else { throw Damage("the heap of texts at \(address) is of unknown version") }
    try header.skip(3)
    var rest = try bytes.cursor(at: address, count: try header.integer(lengthSize), "a heap of texts")
    try rest.skip(8 + lengthSize)
    let objectHeader = 8 + lengthSize
    while rest.rest.count >= objectHeader {
      let index = try rest.integer(2)
      try rest.skip(6)
      let length = try rest.integer(lengthSize)
      // What is left is free.
      if index == 0 { return }
      guard length <= rest.rest.count else { throw Damage("the heap of texts at \(address) is inconsistent") }
      objects[index] = try rest.take(length)
      try rest.skip(min((8 - length % 8) % 8, rest.rest.count))
    }
  }

  func object(_ index: Int) throws(Damage) -> ArraySlice<UInt8> {
    guard let object = objects[index] else { throw Damage("there is no text \(index) in the heap at \(address)") }
    return object
  }
}

/// Texts of variable length, found and read here: libhdf5 1.10 trusts their references and heaps, and crashes on damaged
/// ones.
struct VariableTexts {
  private var bytes: FileBytes
  private var heaps: [UInt64: TextHeap] = [:]

  init(_ file: RawFile) { bytes = FileBytes(file) }

  /// The bytes of the texts that `references` lead to: each a length, a heap's address and a number in the heap.
  ///
  /// Many references may lead to one text; together they may not take more than `byteLimit`.
  mutating func texts(
    _ references: Cursor, count: Int, byteLimit: Int
  ) throws(Damage) -> [ArraySlice<UInt8>] {
    var references = references
    var texts: [ArraySlice<UInt8>] = []
    var byteCount = 0
    for _ in 0..<count {
      let length = try references.integer(4)
      let address = try references.unsigned(bytes.superblock.offsetSize)
      let index = try references.integer(4)
      guard length > 0, address != 0, !bytes.isUndefined(address) else {
        texts.append([])
        continue
      }
      if heaps[address] == nil { heaps[address] = try heap(at: address) }
      guard let object = try heaps[address]?.object(index), length <= object.count else {
        throw Damage("a text is longer than its place in the heap at \(address)")
      }
      byteCount += length
      guard byteCount <= byteLimit else { throw Damage("its texts take more than \(byteLimit) bytes") }
      texts.append(object.prefix(length))
    }
    return texts
  }

  private mutating func heap(at address: UInt64) throws(Damage) -> TextHeap {
    if let recent = bytes.file.recentHeap.withLock({ $0 }), recent.address == address { return recent }
    let heap = try TextHeap(at: address, in: &bytes)
    bytes.file.recentHeap.withLock { $0 = heap }
    return heap
  }

  /// The stored value of the attribute `name` of the object at `header`; `nil` if it is not in the header.
  mutating func attributeValue(_ name: String, ofHeaderAt header: UInt64) throws(Damage) -> Cursor? {
    for message in try ObjectHeader(at: header, in: &bytes).messages where message.type == 0x0C && !message.isShared {
      let parts = try AttributeParts(message.data)
      if parts.name.elementsEqual(name.utf8) { return parts.value }
    }
    return nil
  }

  /// The `count` references at `position` of the file.
  mutating func references(at position: Int, count: Int) throws(Damage) -> Cursor {
    let size = 8 + bytes.superblock.offsetSize
    guard position >= bytes.file.base, count <= bytes.file.byteCount / size else {
      throw Damage("its references lie outside of the file")
    }
    return try bytes.cursor(at: UInt64(position - bytes.file.base), count: count * size, "references to texts")
  }
}

/// The message of an attribute, taken apart.
struct AttributeParts {
  var name: ArraySlice<UInt8>
  var type: Cursor
  var space: Cursor
  var value: Cursor
  var hasSharedType = false
  var hasSharedSpace = false

  init(_ message: Cursor) throws(Damage) {
    var data = message
    let version = try data.integer(1)
    let flags = try data.integer(1)
    guard (1...3).contains(version), version == 1 || flags & ~3 == 0 else {
      throw Damage("an attribute is inconsistent")
    }
    let sizes = (name: try data.integer(2), type: try data.integer(2), space: try data.integer(2))
    if version == 3 { try data.skip(1) }
    func padded(_ size: Int) -> Int { version == 1 ? (size + 7) / 8 * 8 : size }
    name = try data.take(padded(sizes.name)).prefix(sizes.name)
    guard let end = name.firstIndex(of: 0), end == name.endIndex - 1 else {
      throw Damage("an attribute's name has no end")
    }
    name = name[..<end]
    type = Cursor(try data.take(padded(sizes.type)))
    space = Cursor(try data.take(padded(sizes.space)))
    value = data
    if version > 1 {
      hasSharedType = flags & 1 != 0
      hasSharedSpace = flags & 2 != 0
    }
  }
}
