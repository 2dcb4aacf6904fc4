/// What makes a file's structure unsound.
struct Damage: Error {
  var description: String

  init(_ description: String) { self.description = description }

  func error(in file: String, at object: String? = nil) -> HDF5Error {
    HDF5Error(
      .damaged, file: file, object: object, problem: "is truncated or damaged: \(description)",
      remedy: "Copy or download it again.")
  }
}

/// Little-endian numbers, one after the other, never beyond the end.
struct Cursor: Sendable {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func take(_ count: Int) throws(Damage) -> ArraySlice<UInt8> {
    guard count >= 0, count <= rest.count else { throw Damage("something is cut short") }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func skip(_ count: Int) throws(Damage) { _ = try take(count) }

  mutating func unsigned(_ size: Int) throws(Damage) -> UInt64 {
    try take(size).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  mutating func integer(_ size: Int) throws(Damage) -> Int {
    guard let value = Int(exactly: try unsigned(size)) else { throw Damage("a number is too large") }
    return value
  }

  /// A text closed by a NUL, and bytes until `multiple` of its length are used.
  mutating func skipText(paddedTo multiple: Int = 1) throws(Damage) {
    guard let end = rest.firstIndex(of: 0) else { throw Damage("a name has no end") }
    let length = end - rest.startIndex + 1
    try skip((length + multiple - 1) / multiple * multiple)
  }
}
