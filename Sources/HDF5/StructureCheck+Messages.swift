/// What the messages of one object header say together.
struct MessageSummary {
  var elementCount: Int?
  var elementSize: Int?
  var rank: Int?
  var fillSize: Int?
  var chunks: (tree: UInt64, extents: [Int])?
  var compactSize: Int?
  var filterCount = 0

  func check() throws(Damage) {
    if let fillSize, fillSize > 0, let elementSize, fillSize != elementSize {
      throw Damage("a fill value of \(fillSize) bytes stands for elements of \(elementSize)")
    }
    if let chunks {
      // The last extent is the size of an element.
      guard !chunks.extents.isEmpty, !chunks.extents.contains(0), rank == nil || rank == chunks.extents.count - 1,
        elementSize == nil || elementSize == chunks.extents.last
      else { throw Damage("a dataset's chunks do not fit its shape") }
    }
    if let compactSize, let elementCount, let elementSize {
      guard elementCount.multipliedReportingOverflow(by: elementSize) == (compactSize, false) else {
        throw Damage("a dataset's values do not fit its shape")
      }
    }
  }
}

extension StructureCheck {
  mutating func message(_ type: Int, _ data: inout Cursor, _ summary: inout MessageSummary) throws(Damage) {
    switch type {
    case 0x00: break
    case 0x01: (summary.rank, summary.elementCount) = try dataspace(&data)
    case 0x02: try newGroup(&data, orderSize: 8)
    case 0x03: summary.elementSize = try datatype(&data)
    case 0x04: try data.skip(try data.integer(4))
    case 0x05: summary.fillSize = try fillValue(&data)
    case 0x06: try link(&data)
    case 0x07: try externalFiles(&data)
    case 0x08: try layout(&data, &summary)
    case 0x0A: try data.skip(2)
    case 0x0B: summary.filterCount = try filters(&data)
    case 0x0C: try attribute(&data)
    case 0x0D: try data.skipText()
    case 0x0E: try data.skip(16)
    case 0x11: try symbolTable(&data)
    case 0x12: try data.skip(8)
    case 0x15: try newGroup(&data, orderSize: 2)
    case 0x16: try data.skip(5)
    default: throw Damage("an object header holds a message of unknown type \(type)")
    }
  }

  /// A message that stands in another object's header.
  mutating func shared(_ data: inout Cursor) throws(Damage) {
    let version = try data.integer(1)
    let type = try data.integer(1)
    if version == 1 { try data.skip(6) }
    guard (1...3).contains(version), version < 3 || type == 2 else {
      throw Damage("a shared message is of unknown kind")
    }
    visit(try address(&data))
  }

  /// The rank and the number of elements.
  mutating func dataspace(_ data: inout Cursor) throws(Damage) -> (rank: Int, count: Int) {
    let version = try data.integer(1)
    let rank = try data.integer(1)
    let flags = try data.integer(1)
    let isNull = try data.integer(1) == 2 && version == 2
    guard version == 1 || version == 2, rank <= 32, flags & ~1 == 0 else { throw Damage("a shape is inconsistent") }
    if version == 1 { try data.skip(4) }
    var count = 1
    for _ in 0..<rank {
      let (product, overflow) = count.multipliedReportingOverflow(by: try data.integer(lengthSize))
      guard !overflow else { throw Damage("a shape is too large") }
      count = product
    }
    if flags & 1 != 0 { try data.skip(rank * lengthSize) }
    return (rank, isNull ? 0 : count)
  }

  /// Where links or attributes are kept in the newer, checksummed structures.
  private mutating func newGroup(_ data: inout Cursor, orderSize: Int) throws(Damage) {
    let version = try data.integer(1)
    let flags = try data.integer(1)
    guard version == 0, flags & ~3 == 0 else { throw Damage("a list of links or attributes is inconsistent") }
    if flags & 1 != 0 { try data.skip(orderSize) }
    try requireSignature("FRHP", at: try address(&data))
    try requireSignature("BTHD", at: try address(&data))
    if flags & 2 != 0 { try requireSignature("BTHD", at: try address(&data)) }
  }

  private func fillValue(_ data: inout Cursor) throws(Damage) -> Int {
    let version = try data.integer(1)
    let hasValue: Bool
    switch version {
    case 1, 2:
      try data.skip(2)
      hasValue = try data.integer(1) != 0 || version == 1
    case 3: hasValue = try data.integer(1) & 0x20 != 0
    default: throw Damage("a fill value is of unknown version")
    }
    guard hasValue else { return 0 }
    let size = try data.integer(4)
    if size == 0xFFFF_FFFF { return 0 }  // undefined
    try data.skip(size)
    return size
  }

  private mutating func link(_ data: inout Cursor) throws(Damage) {
    let version = try data.integer(1)
    let flags = try data.integer(1)
    let type = flags & 8 != 0 ? try data.integer(1) : 0
    if flags & 4 != 0 { try data.skip(8) }
    let characters = flags & 16 != 0 ? try data.integer(1) : 0
    guard version == 1, flags & ~31 == 0, characters <= 1 else { throw Damage("a link is inconsistent") }
    let length = try data.integer(1 << (flags & 3))
    guard length > 0 else { throw Damage("a link has no name") }
    try data.skip(length)
    switch type {
    case 0: visit(try address(&data))
    case 1, 64...255:
      let value = try data.take(try data.integer(2))
      guard !value.isEmpty else { throw Damage("a link leads nowhere") }
      // Version and flags, then the names of the file and of the object in it.
      guard type != 64 || (value.last == 0 && value.count { $0 == 0 } >= 2) else {
        throw Damage("an external link is inconsistent")
      }
    default: throw Damage("a link is of unknown kind")
    }
  }

  private mutating func externalFiles(_ data: inout Cursor) throws(Damage) {
    try data.skip(4)
    let allocated = try data.integer(2)
    let used = try data.integer(2)
    guard used <= allocated else { throw Damage("a list of external files is inconsistent") }
    let names = try LocalHeap(at: try address(&data), &self)
    for _ in 0..<used {
      try names.check(try data.unsigned(lengthSize))
      try data.skip(2 * lengthSize)
    }
  }

  private mutating func layout(_ data: inout Cursor, _ summary: inout MessageSummary) throws(Damage) {
    let version = try data.integer(1)
    switch version {
    case 1, 2:
      let rank = try data.integer(1)
      let kind = try data.integer(1)
      try data.skip(5)
      let address = kind == 0 ? 0 : try self.address(&data)
      var extents: [Int] = []
      for _ in 0..<rank { extents.append(try data.integer(4)) }
      switch kind {
      case 0:
        let size = try data.integer(4)
        try data.skip(size)
        summary.compactSize = size
      case 1: break
      case 2: summary.chunks = (address, extents)
      default: throw Damage("a layout is of unknown kind")
      }
    case 3, 4:
      switch try data.integer(1) {
      case 0:
        let size = try data.integer(2)
        try data.skip(size)
        summary.compactSize = size
      case 1:
        let address = try self.address(&data)
        let size = try data.integer(lengthSize)
        if !bytes.isUndefined(address) { try bytes.requireRange(address, size, "a dataset's values") }
      case 2 where version == 3:
        let rank = try data.integer(1)
        let tree = try address(&data)
        var extents: [Int] = []
        for _ in 0..<rank { extents.append(try data.integer(4)) }
        summary.chunks = (tree, extents)
      case 3 where version == 4:
        // A virtual dataset; libhdf5 reads the list of its sources when it opens it.
        let heap = try address(&data)
        if !bytes.isUndefined(heap) { _ = try TextHeap(at: heap, in: &bytes).object(try data.integer(4)) }
      default: throw Damage("a layout is of unknown kind")
      }
    default: throw Damage("a layout is of unknown version")
    }
  }

  private func filters(_ data: inout Cursor) throws(Damage) -> Int {
    let version = try data.integer(1)
    let count = try data.integer(1)
    guard version == 1 || version == 2, count <= 32 else { throw Damage("a list of filters is inconsistent") }
    if version == 1 { try data.skip(6) }
    for _ in 0..<count {
      let id = try data.integer(2)
      let nameLength = version == 1 || id >= 256 ? try data.integer(2) : 0
      try data.skip(2)
      let valueCount = try data.integer(2)
      let name = try data.take(version == 1 ? (nameLength + 7) / 8 * 8 : nameLength)
      guard nameLength == 0 || name.contains(0) else { throw Damage("a filter's name has no end") }
      try data.skip(4 * valueCount)
      if version == 1, valueCount % 2 == 1 { try data.skip(4) }
    }
    return count
  }

  private mutating func attribute(_ data: inout Cursor) throws(Damage) {
    var parts = try AttributeParts(data)
    if parts.hasSharedType { try shared(&parts.type) }
    if parts.hasSharedSpace { try shared(&parts.space) }
    guard !parts.hasSharedType, !parts.hasSharedSpace else { return }
    let (count, elementSize) = (try dataspace(&parts.space).count, try datatype(&parts.type))
    let (size, overflow) = count.multipliedReportingOverflow(by: elementSize)
    guard !overflow, size <= parts.value.rest.count else { throw Damage("an attribute's value is cut short") }
  }
}
