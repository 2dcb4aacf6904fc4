/// Walks the classic structures of a file, from the superblock to the last object header, and refuses what does not hold
/// together.
///
/// libhdf5 1.10 trusts them: on a file with a few bytes changed it crashes, or never returns. Newer structures have
/// checksums, which libhdf5 verifies; the walk passes over them.
///
/// The structures: [HDF5 File Format Specification](https://docs.hdfgroup.org/hdf5/develop/_f_m_t3.html), III and IV.
struct StructureCheck {
  var bytes: FileBytes
  private var pending: [UInt64] = []
  private var visited: Set<UInt64> = []

  static func run(_ file: RawFile) throws(Damage) {
    guard let root = file.superblock.root else { return }
    var check = StructureCheck(bytes: FileBytes(file))
    try check.visitEntry(root, names: nil)
    try check.visitPending()
  }

  /// Checks the object whose header is at `address`, which may be one that the walk did not come to: the newer structures
  /// of groups are not followed.
  static func run(_ file: RawFile, header address: UInt64) throws(Damage) {
    var check = StructureCheck(bytes: FileBytes(file))
    check.visit(address)
    try check.visitPending()
  }

  private mutating func visitPending() throws(Damage) {
    while let address = pending.popLast() { try header(at: address) }
  }

  private init(bytes: FileBytes) { self.bytes = bytes }

  var superblock: Superblock { bytes.superblock }
  var offsetSize: Int { superblock.offsetSize }
  var lengthSize: Int { superblock.lengthSize }

  func address(_ cursor: inout Cursor) throws(Damage) -> UInt64 { try cursor.unsigned(offsetSize) }

  mutating func requireSignature(_ signature: String, at address: UInt64) throws(Damage) {
    if !bytes.isUndefined(address) { _ = try bytes.signed(signature, at: address, count: 16) }
  }

  mutating func visit(_ header: UInt64) { pending.append(header) }

  /// Whether `address` is seen for the first time.
  mutating func isNew(_ address: UInt64) -> Bool { visited.insert(address).inserted }

  // MARK: Object headers

  private mutating func header(at address: UInt64) throws(Damage) {
    guard isNew(address) else { return }
    let header = try ObjectHeader(at: address, in: &bytes)
    var summary = MessageSummary()
    for message in header.messages {
      var data = message.data
      if header.version > 1, !Self.isChecked(message) { continue }
      if message.isShared {
        try shared(&data)
      } else {
        try self.message(message.type, &data, &summary)
      }
    }
    try summary.check()
    if let chunks = summary.chunks {
      // Without filters every chunk has its full size; libhdf5 does not look.
      var size: Int? = 1
      if summary.filterCount > 0 { size = nil }
      for extent in chunks.extents { size = size?.multipliedReportingOverflow(by: extent).partialValue }
      try chunkTree(at: chunks.tree, rank: chunks.extents.count, chunkSize: size)
    }
  }

  /// Of a newer header, what leads on to structures without a checksum: links, and the tree of a layout of version 3 with
  /// its filters.
  private static func isChecked(_ message: ObjectHeader.Message) -> Bool {
    switch message.type {
    case 0x06, 0x0B: !message.isShared
    case 0x08: !message.isShared && message.data.rest.first == 3
    default: false
    }
  }

  // MARK: Groups

  /// A group's names and their objects.
  mutating func symbolTable(_ cursor: inout Cursor) throws(Damage) {
    let tree = try address(&cursor)
    let heap = try address(&cursor)
    guard isNew(tree) else { return }
    try groupNode(at: tree, names: try LocalHeap(at: heap, &self), level: nil)
  }

  private mutating func groupNode(at address: UInt64, names: LocalHeap, level: Int?) throws(Damage) {
    let capacity = 2 * superblock.groupInternalK
    var node = try bytes.signed(
      "TREE", at: address, count: 8 + 2 * offsetSize + (capacity + 1) * lengthSize + capacity * offsetSize)
    let type = try node.integer(1)
    let depth = try node.integer(1)
    let count = try node.integer(2)
    guard type == 0, count <= capacity, depth <= 16, level == nil || level == depth else {
      throw Damage("the tree at \(address) is inconsistent")
    }
    try node.skip(2 * offsetSize)
    for _ in 0..<count {
      try names.check(try node.unsigned(lengthSize))
      let child = try self.address(&node)
      guard isNew(child) else { throw Damage("the tree at \(address) is circular") }
      if depth == 0 {
        try symbolNode(at: child, names: names)
      } else {
        try groupNode(at: child, names: names, level: depth - 1)
      }
    }
    if count > 0 { try names.check(try node.unsigned(lengthSize)) }
  }

  private mutating func symbolNode(at address: UInt64, names: LocalHeap) throws(Damage) {
    let capacity = 2 * superblock.groupLeafK
    let entrySize = 2 * offsetSize + 24
    var node = try bytes.signed("SNOD", at: address, count: 8 + capacity * entrySize)
    let version = try node.integer(1)
    try node.skip(1)
    let count = try node.integer(2)
    guard version == 1, count <= capacity else { throw Damage("the group's node at \(address) is inconsistent") }
    for _ in 0..<count { try visitEntry(Cursor(try node.take(entrySize)), names: names) }
  }

  /// An entry of a symbol table: a name, and an object's header or where a soft link leads.
  private mutating func visitEntry(_ entry: Cursor, names: LocalHeap?) throws(Damage) {
    var entry = entry
    let name = try address(&entry)
    if let names { try names.check(name) }
    let header = try address(&entry)
    let cached = try entry.integer(4)
    try entry.skip(4)
    switch cached {
    case 0: visit(header)
    case 1:
      visit(header)
      try symbolTable(&entry)
    case 2:
      guard let names else { throw Damage("the root is a link") }
      try names.check(try entry.unsigned(4))
    default: throw Damage("a symbol table's entry is of unknown kind")
    }
  }

  // MARK: Chunks

  private mutating func chunkTree(at address: UInt64, rank: Int, chunkSize: Int?, level: Int? = nil) throws(Damage) {
    guard !bytes.isUndefined(address), isNew(address) else { return }
    let capacity = 2 * superblock.chunkInternalK
    let keySize = 8 + 8 * rank
    var node = try bytes.signed(
      "TREE", at: address, count: 8 + 2 * offsetSize + (capacity + 1) * keySize + capacity * offsetSize)
    let type = try node.integer(1)
    let depth = try node.integer(1)
    let count = try node.integer(2)
    guard type == 1, count <= capacity, depth <= 16, level == nil || level == depth else {
      throw Damage("the tree at \(address) is inconsistent")
    }
    try node.skip(2 * offsetSize)
    for _ in 0..<count {
      let size = try node.integer(4)
      try node.skip(keySize - 4)
      let child = try self.address(&node)
      if depth == 0 {
        try bytes.requireRange(child, size, "a chunk")
        guard chunkSize == nil || size == chunkSize else {
          throw Damage("a chunk at \(child) has \(size) bytes, not \(chunkSize ?? 0)")
        }
      } else {
        guard !visited.contains(child) else { throw Damage("the tree at \(address) is circular") }
        try chunkTree(at: child, rank: rank, chunkSize: chunkSize, level: depth - 1)
      }
    }
  }
}

/// The names of a group.
struct LocalHeap {
  private let bytes: ArraySlice<UInt8>

  init(at address: UInt64, _ check: inout StructureCheck) throws(Damage) {
    var header = try check.bytes.signed("HEAP", at: address, count: 8 + 2 * check.lengthSize + check.offsetSize)
    guard try header.integer(1) == 0 else { throw Damage("the heap at \(address) is of unknown version") }
    try header.skip(3)
    let size = try header.integer(check.lengthSize)
    var free = try header.unsigned(check.lengthSize)
    let data = try check.address(&header)
    bytes = try check.bytes.cursor(at: data, count: size, "a heap").rest
    // The list of free blocks ends with a 1; each block holds the next one's place and its own size.
    var count = 0
    while free != 1 {
      var block = Cursor(bytes)
      try block.skip(Int(clamping: free))
      free = try block.unsigned(check.lengthSize)
      let blockSize = try block.integer(check.lengthSize)
      count += 1
      guard blockSize <= block.rest.count + 2 * check.lengthSize, blockSize >= 2 * check.lengthSize, count <= size
      else {
        throw Damage("the heap at \(address) is inconsistent")
      }
    }
  }

  /// Checks that there is a name at `offset`.
  func check(_ offset: UInt64) throws(Damage) {
    guard let offset = Int(exactly: offset), offset < bytes.count,
      bytes[(bytes.startIndex + offset)...].contains(0)
    else { throw Damage("a name lies outside of its group's heap") }
  }
}
