/// Values as bytes between this process and the one that reads for it: numbers little-endian, lists after their counts.
struct WireWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ value: Int) {
    unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
  }

  mutating func write(_ value: Bool) { write(value ? 1 : 0) }

  mutating func write(_ text: String) { write(Array(text.utf8)) }

  mutating func write(_ values: [UInt8]) {
    write(values.count)
    bytes += values
  }

  mutating func write(_ text: String?) { write(optional: text) { $0.write($1) } }

  mutating func write<Value>(optional value: Value?, _ body: (inout Self, Value) -> Void) {
    write(value != nil)
    if let value { body(&self, value) }
  }

  mutating func write<Element>(list: [Element], _ body: (inout Self, Element) -> Void) {
    write(list.count)
    for element in list { body(&self, element) }
  }

  mutating func write(_ values: [Int]) { write(list: values) { $0.write($1) } }
}

/// Reads what a `WireWriter` wrote. The other side may have been overrun: nothing is taken on trust.
struct WireReader {
  private var cursor: Cursor

  init(_ bytes: [UInt8]) { cursor = Cursor(bytes[...]) }

  mutating func integer() throws(Damage) -> Int { Int(bitPattern: UInt(try cursor.unsigned(8))) }

  mutating func truth() throws(Damage) -> Bool { try integer() != 0 }

  mutating func bytes() throws(Damage) -> [UInt8] { Array(try cursor.take(try integer())) }

  mutating func text() throws(Damage) -> String {
    guard let text = String(validating: try cursor.take(try integer()), as: UTF8.self) else {
      throw Damage("a message is not text")
    }
    return text
  }

  mutating func optional<Value>(
    _ body: (inout Self) throws(Damage) -> Value
  ) throws(Damage) -> Value? {
    try truth() ? try body(&self) : nil
  }

  mutating func optionalText() throws(Damage) -> String? {
    try truth() ? try text() : nil
  }

  mutating func list<Element>(
    _ body: (inout Self) throws(Damage) -> Element
  ) throws(Damage) -> [Element] {
    let count = try integer()
    // Every element takes at least a byte.
    guard count >= 0, count <= cursor.rest.count else { throw Damage("a message is cut short") }
    var list: [Element] = []
    list.reserveCapacity(count)
    for _ in 0..<count { list.append(try body(&self)) }
    return list
  }

  mutating func integers() throws(Damage) -> [Int] {
    try list { reader throws(Damage) in try reader.integer() }
  }
}
