/// The beginning of a file: how large its numbers are, where it ends and where its root is.
struct Superblock: Sendable {
  var offsetSize: Int
  var lengthSize: Int
  /// Half the capacity of nodes: of a group's leaves, of its tree, of the chunks' trees.
  var groupLeafK = 4
  var groupInternalK = 16
  var chunkInternalK = 32
  /// Where the file should end.
  var end: UInt64
  /// The root's symbol table entry, in the classic versions 0 and 1.
  var root: Cursor?

  static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  init(_ block: [UInt8]) throws(Damage) {
    var cursor = Cursor(block[...])
    try cursor.skip(8)
    let version = try cursor.integer(1)
    switch version {
    case 0, 1:
      try cursor.skip(4)
      offsetSize = try cursor.integer(1)
      lengthSize = try cursor.integer(1)
      try cursor.skip(1)
      groupLeafK = try cursor.integer(2)
      groupInternalK = try cursor.integer(2)
      try cursor.skip(4)
      if version == 1 {
        chunkInternalK = try cursor.integer(2)
        try cursor.skip(2)
      }
    case 2, 3:
      offsetSize = try cursor.integer(1)
      lengthSize = try cursor.integer(1)
      try cursor.skip(1)
    default: throw Damage("it has a superblock of the newer version \(version)")
    }
    guard [2, 4, 8].contains(offsetSize), [2, 4, 8].contains(lengthSize) else {
      throw Damage("its numbers are of \(offsetSize) and \(lengthSize) bytes")
    }
    try cursor.skip(2 * offsetSize)
    end = try cursor.unsigned(offsetSize)
    guard version < 2 else { return }
    guard groupLeafK > 0, groupInternalK > 0, chunkInternalK > 0 else { throw Damage("its nodes have no room") }
    try cursor.skip(offsetSize)
    root = Cursor(try cursor.take(2 * offsetSize + 24))
  }
}
