/// Little-endian numbers, one after the other; nil beyond the end.
struct ByteReader {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  /// A number of at most 8 bytes; nil as well if it does not fit an `Int`.
  mutating func integer(_ size: Int) -> Int? {
    take(size).flatMap { Int(exactly: $0.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) }
  }
}

extension [UInt8] {
  /// Appends a number, its lowest byte first.
  mutating func append(_ value: Int, bytes count: Int) {
    for index in 0..<count { append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }
}
