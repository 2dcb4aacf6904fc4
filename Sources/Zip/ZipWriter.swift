/// Writes a zip archive, member after member.
///
/// There is no time in it: equal members make equal bytes. Sizes beyond 4 GiB are written as zip64.
public struct ZipWriter: ~Copyable {
  private let path: String
  private let file: FileDescriptor
  private var position = 0
  private var directory: [UInt8] = []
  private var count = 0

  /// The first of January 1980, the zero of the format's calendar.
  private static let date = 0x0021

  public init(creating path: String) throws(ZipError) {
    self.path = path
    file = try FileDescriptor(creating: path)
  }

  /// Adds a member with these bytes.
  public mutating func add(_ name: String, _ bytes: [UInt8], method: ZipMember.Method = .stored) throws(ZipError) {
    var rest = bytes[...]
    try add(name, byteCount: bytes.count, method) { () throws(ZipError) in
      defer { rest = rest.dropFirst(1 << 18) }
      return Array(rest.prefix(1 << 18))
    }
  }

  /// Adds a member with the bytes of a file.
  public mutating func add(
    _ name: String, contentsOf source: String, method: ZipMember.Method = .stored
  ) throws(ZipError) {
    let input = try FileDescriptor(reading: source)
    guard let byteCount = input.byteCount else {
      throw ZipError(.unreadableFile, file: source, "is not a regular file")
    }
    var read = 0
    try add(name, byteCount: byteCount, method) { () throws(ZipError) in
      let piece = input.bytes(at: read, count: min(1 << 18, byteCount - read))
      read += piece.count
      return piece
    }
  }

  /// Writes the directory. Without it there is no archive.
  public consuming func close() throws(ZipError) {
    let start = position
    let size = directory.count
    var end = directory
    let isLarge = start + size > 0xFFFF_FFFE || count > 0xFFFE
    if isLarge {
      end.append(0x0606_4B50, bytes: 4)
      end.append(44, bytes: 8)
      end.append(45, bytes: 2)
      end.append(45, bytes: 2)
      end.append(0, bytes: 8)
      for value in [count, count, size, start] { end.append(value, bytes: 8) }
      end.append(0x0706_4B50, bytes: 4)
      end.append(0, bytes: 4)
      end.append(start + size, bytes: 8)
      end.append(1, bytes: 4)
    }
    end.append(0x0605_4B50, bytes: 4)
    end.append(0, bytes: 4)
    for _ in 0..<2 { end.append(isLarge ? 0xFFFF : count, bytes: 2) }
    end.append(isLarge ? 0xFFFF_FFFF : size, bytes: 4)
    end.append(isLarge ? 0xFFFF_FFFF : start, bytes: 4)
    end.append(0, bytes: 2)
    try append(end)
  }

  /// - Parameter next: the next bytes, none at the end.
  private mutating func add(
    _ name: String, byteCount: Int, _ method: ZipMember.Method, _ next: () throws(ZipError) -> [UInt8]
  ) throws(ZipError) {
    if let objection = ZipMember.objection(to: name) {
      throw ZipError(.cannotWrite, file: path, member: name, objection)
    }
    let header = position
    // The header is written again when the checksum is known. Packed bytes may be a little more than plain ones.
    let isLarge = byteCount > 0xFFFF_FFFF - (byteCount >> 10) - 1024
    try append(Self.header(name, method, 0, 0, 0, isLarge: isLarge))
    var checksum = Checksum()
    var written = 0
    guard var stream = DeflateStream(.packing) else {
      throw ZipError(.cannotWrite, file: path, member: name, "zlib does not begin")
    }
    let start = position
    while true {
      let piece = try next()
      checksum.add(piece)
      written += piece.count
      let isLast = written == byteCount || piece.isEmpty
      var packed: [UInt8] = []
      switch method {
      case .stored: packed = piece
      case .deflated:
        _ = stream.process(piece, isLast: isLast) {
          packed += $0
          return true
        }
      }
      try append(packed)
      if isLast { break }
    }
    guard written == byteCount else {
      throw ZipError(.cannotWrite, file: path, member: name, "changed while it was packed")
    }
    let packedCount = position - start
    let final = Self.header(name, method, checksum.value, packedCount, byteCount, isLarge: isLarge)
    try write(final, at: header)
    record(name, method, checksum.value, packedCount, byteCount, header: header)
  }

  private static func header(
    _ name: String, _ method: ZipMember.Method, _ checksum: UInt32, _ packed: Int, _ unpacked: Int, isLarge: Bool
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(0x0403_4B50, bytes: 4)
    bytes.append(isLarge ? 45 : 20, bytes: 2)
    bytes.append(0x0800, bytes: 2)  // The name is UTF-8.
    bytes.append(method.rawValue, bytes: 2)
    bytes.append(0, bytes: 2)
    bytes.append(date, bytes: 2)
    bytes.append(Int(checksum), bytes: 4)
    bytes.append(isLarge ? 0xFFFF_FFFF : packed, bytes: 4)
    bytes.append(isLarge ? 0xFFFF_FFFF : unpacked, bytes: 4)
    bytes.append(name.utf8.count, bytes: 2)
    bytes.append(isLarge ? 20 : 0, bytes: 2)
    bytes += name.utf8
    if isLarge {
      bytes.append(1, bytes: 2)
      bytes.append(16, bytes: 2)
      bytes.append(unpacked, bytes: 8)
      bytes.append(packed, bytes: 8)
    }
    return bytes
  }

  /// Remembers a member for the directory.
  private mutating func record(
    _ name: String, _ method: ZipMember.Method, _ checksum: UInt32, _ packed: Int, _ unpacked: Int, header: Int
  ) {
    let large = [unpacked, packed, header].filter { $0 > 0xFFFF_FFFE }
    directory.append(0x0201_4B50, bytes: 4)
    directory.append(large.isEmpty ? 20 : 45, bytes: 2)
    directory.append(large.isEmpty ? 20 : 45, bytes: 2)
    directory.append(0x0800, bytes: 2)
    directory.append(method.rawValue, bytes: 2)
    directory.append(0, bytes: 2)
    directory.append(Self.date, bytes: 2)
    directory.append(Int(checksum), bytes: 4)
    directory.append(min(packed, 0xFFFF_FFFF), bytes: 4)
    directory.append(min(unpacked, 0xFFFF_FFFF), bytes: 4)
    directory.append(name.utf8.count, bytes: 2)
    directory.append(large.isEmpty ? 0 : 4 + 8 * large.count, bytes: 2)
    directory.append(0, bytes: 10)
    directory.append(min(header, 0xFFFF_FFFF), bytes: 4)
    directory += name.utf8
    if !large.isEmpty {
      directory.append(1, bytes: 2)
      directory.append(8 * large.count, bytes: 2)
      for value in large { directory.append(value, bytes: 8) }
    }
    count += 1
  }

  private mutating func append(_ bytes: [UInt8]) throws(ZipError) {
    try write(bytes, at: position)
    position += bytes.count
  }

  private func write(_ bytes: [UInt8], at position: Int) throws(ZipError) {
    if let reason = file.write(bytes, at: position) {
      throw ZipError(.cannotWrite, file: path, "cannot be written: \(reason)")
    }
  }
}
