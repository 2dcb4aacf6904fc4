/// What is wrong with a JSON text, and where.
public struct JSONSyntaxError: Error, Hashable, CustomStringConvertible {
  /// Line of the text, from 1.
  public var line: Int
  /// Column in the line in bytes, from 1.
  public var column: Int
  public var message: String

  public var description: String { "line \(line), column \(column): \(message)" }
}

extension JSONValue {
  /// Reads a JSON text (RFC 8259), strictly: duplicate keys and anything after the value are errors.
  ///
  /// Accepts `NaN`, `Infinity` and `-Infinity` as well, which Python writes. Nesting deeper than 512 is refused.
  public init(parsing text: String) throws(JSONSyntaxError) {
    var parser = JSONParser(bytes: Array(text.utf8))
    self = try parser.document()
  }

  /// Reads a JSON text given as UTF-8.
  public init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
    var parser = JSONParser(bytes: bytes)
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw JSONSyntaxError(line: 1, column: 1, message: "the text is not UTF-8")
    }
    self = try parser.document()
  }
}

/// A recursive-descent reader over UTF-8.
private struct JSONParser {
  let bytes: [UInt8]
  var position = 0
  var depth = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func document() throws(JSONSyntaxError) -> JSONValue {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    let value = try value()
    skipSpace()
    guard next == nil else { throw error("expected the end of the text, found \(found)") }
    return value
  }

  mutating func value() throws(JSONSyntaxError) -> JSONValue {
    skipSpace()
    depth += 1
    defer { depth -= 1 }
    guard depth <= 512 else { throw error("nested deeper than 512") }
    switch next {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t") where take("true"): return .bool(true)
    case UInt8(ascii: "f") where take("false"): return .bool(false)
    case UInt8(ascii: "n") where take("null"): return .null
    case UInt8(ascii: "N") where take("NaN"): return .number(.nan)
    case UInt8(ascii: "I") where take("Infinity"): return .number(.infinity)
    case UInt8(ascii: "-") where take("-Infinity"): return .number(-.infinity)
    case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte): return try number()
    default: throw error("expected a value, found \(found)")
    }
  }

  mutating func object() throws(JSONSyntaxError) -> JSONValue {
    position += 1
    var members: OrderedDictionary<String, JSONValue> = [:]
    skipSpace()
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw error("expected a key in double quotes, found \(found)") }
      let start = position
      let key = try string()
      guard members[key] == nil else {
        position = start
        throw error("the key \"\(key)\" stands twice in the same object")
      }
      skipSpace()
      guard take(":") else { throw error("expected \":\" after the key \"\(key)\", found \(found)") }
      members[key] = try value()
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw error("expected \",\" or \"}\", found \(found)") }
    }
  }

  mutating func array() throws(JSONSyntaxError) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return .array(elements) }
    while true {
      elements.append(try value())
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw error("expected \",\" or \"]\", found \(found)") }
    }
  }

  mutating func string() throws(JSONSyntaxError) -> String {
    position += 1
    // Most strings are as they stand.
    let start = position
    while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { position += 1 }
    if next == UInt8(ascii: "\"") {
      defer { position += 1 }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }
    var text = Array(bytes[start..<position])
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        position += 1
        text.append(contentsOf: Array(String(Character(try escape())).utf8))
      case 0..<0x20: throw error("a control character in a string; write it as an escape such as \\n")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw error("the string does not end")
  }

  /// The scalar that an escape stands for, `position` being behind the backslash.
  mutating func escape() throws(JSONSyntaxError) -> Unicode.Scalar {
    guard let letter = next else { throw error("the string does not end") }
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let high = try hexadecimal()
      if (0xD800..<0xDC00).contains(high), take("\\u") {
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw error("a surrogate without its other half") }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
      }
      guard let scalar = Unicode.Scalar(high) else { throw error("a surrogate without its other half") }
      return scalar
    default: throw error("unknown escape \\\(Character(Unicode.Scalar(letter)))")
    }
  }

  mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
    let digits = bytes[position..<min(position + 4, bytes.count)]
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw error("\\u needs four hexadecimal digits") }
    position += 4
    return value
  }

  mutating func number() throws(JSONSyntaxError) -> JSONValue {
    let start = position
    _ = take("-")
    let whole = try digits()
    if whole.count > 1, whole.first == UInt8(ascii: "0") { throw error("a number does not begin with 0") }
    var isInteger = true
    if take(".") {
      isInteger = false
      _ = try digits()
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      _ = try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text) else { throw error("\(text) is no number") }
    return .number(value)
  }

  mutating func digits() throws(JSONSyntaxError) -> ArraySlice<UInt8> {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw error("expected a digit, found \(found)") }
    return bytes[start..<position]
  }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  mutating func take(_ text: StaticString) -> Bool {
    guard text.utf8CodeUnitCount <= bytes.count - position else { return false }
    for index in 0..<text.utf8CodeUnitCount {
      // `text` has so many code units, all ASCII.
      guard unsafe bytes[position + index] == text.utf8Start[index] else { return false }
    }
    position += text.utf8CodeUnitCount
    return true
  }

  var found: String {
    guard let next else { return "the end of the text" }
    return next < 0x80 ? "\"\(Character(Unicode.Scalar(next)))\"" : "a character outside ASCII"
  }

  func error(_ message: String) -> JSONSyntaxError {
    let before = bytes[..<min(position, bytes.count)]
    let line = before.count(where: { $0 == 0x0A }) + 1
    let column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
    return JSONSyntaxError(line: line, column: column, message: message)
  }
}
