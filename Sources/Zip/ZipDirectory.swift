/// Reads the directory of an archive and checks it against the headers of the members.
struct ZipDirectory {
  private(set) var members: [ZipMember] = []
  private let file: FileDescriptor
  private let byteCount: Int
  private let path: String

  /// What a directory may hold. Keras' archives have three members and, with assets, a few more.
  static let memberLimit = 10_000
  private static let directoryByteLimit = 16 << 20

  private struct End {
    var count: Int
    var size: Int
    var offset: Int
  }

  /// A member with where its header stands.
  private struct Entry {
    var member: ZipMember
    var header: Int
  }

  init(_ file: FileDescriptor, byteCount: Int, path: String) throws(ZipError) {
    self.file = file
    self.byteCount = byteCount
    self.path = path
    let (end, limit) = try findEnd()
    guard end.count <= Self.memberLimit, end.size <= Self.directoryByteLimit else {
      throw ZipError(.tooLarge, file: path, "its directory declares \(end.count) members and \(end.size) bytes")
    }
    guard end.offset <= limit, end.size == limit - end.offset else {
      throw damage("its directory does not stand where the end of the archive says")
    }
    var reader = ByteReader(file.bytes(at: end.offset, count: end.size)[...])
    var entries: [Entry] = []
    for _ in 0..<end.count { entries.append(try entry(&reader, before: end.offset)) }
    guard reader.rest.isEmpty else { throw damage("its directory declares fewer members than it holds") }
    try checkPlaces(entries, directory: end.offset)
    members = entries.map(\.member)
  }

  private func damage(_ problem: String, _ member: String? = nil) -> ZipError {
    ZipError(.damaged, file: path, member: member, problem)
  }

  /// What the record at the end says, and where the directory must end.
  private func findEnd() throws(ZipError) -> (end: End, limit: Int) {
    let length = min(byteCount, 22 + 0xFFFF)
    let tail = file.bytes(at: byteCount - length, count: length)
    guard file.bytes(at: 0, count: 4).starts(with: [0x50, 0x4B]), tail.count >= 22 else {
      throw ZipError(.notAnArchive, file: path, "is not a zip archive")
    }
    for start in stride(from: tail.count - 22, through: 0, by: -1)
    where tail[start...].starts(with: [0x50, 0x4B, 5, 6]) {
      var reader = ByteReader(tail[(start + 4)...])
      let fields = [2, 2, 2, 2, 4, 4, 2].map { reader.integer($0) ?? 0 }
      // A comment that ends elsewhere means that these four bytes are not the record.
      guard fields[6] == reader.rest.count else { continue }
      let place = byteCount - tail.count + start
      var end = End(count: fields[3], size: fields[4], offset: fields[5])
      guard fields[0] == 0 && fields[1] == 0 || fields[0] == 0xFFFF, fields[2] == fields[3] else {
        throw ZipError(.unsupported, file: path, "is a part of an archive over several files")
      }
      var limit = place
      if fields[3] == 0xFFFF || fields[4] == 0xFFFF_FFFF || fields[5] == 0xFFFF_FFFF {
        (end, limit) = try largeEnd(before: place)
      }
      return (end, limit)
    }
    throw damage("is truncated: the directory at its end is not there")
  }

  /// The zip64 record that stands before the one at the end.
  private func largeEnd(before place: Int) throws(ZipError) -> (end: End, limit: Int) {
    let problem = damage("its zip64 record is damaged")
    var locator = ByteReader(file.bytes(at: max(0, place - 20), count: 20)[...])
    guard place >= 20, locator.integer(4) == 0x0706_4B50, locator.integer(4) == 0, let offset = locator.integer(8),
      locator.integer(4) == 1, offset <= place - 20 - 56
    else { throw problem }
    var record = ByteReader(file.bytes(at: offset, count: 56)[...])
    guard record.integer(4) == 0x0606_4B50, let size = record.integer(8), size == place - 20 - offset - 12,
      record.take(4) != nil, record.integer(4) == 0, record.integer(4) == 0, let countHere = record.integer(8),
      let count = record.integer(8), countHere == count, let bytes = record.integer(8), let start = record.integer(8)
    else { throw problem }
    return (End(count: count, size: bytes, offset: start), offset)
  }

  /// One record of the directory.
  private func entry(_ reader: inout ByteReader, before directory: Int) throws(ZipError) -> Entry {
    let problem = damage("its directory is damaged")
    guard reader.integer(4) == 0x0201_4B50, reader.take(4) != nil, let flags = reader.integer(2),
      let method = reader.integer(2), reader.take(4) != nil, let checksum = reader.integer(4),
      var packed = reader.integer(4), var unpacked = reader.integer(4), let nameLength = reader.integer(2),
      let extraLength = reader.integer(2), let commentLength = reader.integer(2), let disk = reader.integer(2),
      reader.take(6) != nil, var header = reader.integer(4), let nameBytes = reader.take(nameLength),
      let extra = reader.take(extraLength), reader.take(commentLength) != nil
    else { throw problem }
    guard let name = String(validating: nameBytes, as: UTF8.self) else { throw damage("has a name that is not UTF-8") }
    if let objection = ZipMember.objection(to: name) { throw damage(objection, name) }
    guard flags & 0b10_0000_0000_0001 == 0 else {
      throw ZipError(.unsupported, file: path, member: name, "is encrypted")
    }
    guard let method = ZipMember.Method(rawValue: method) else {
      throw ZipError(
        .unsupported, file: path, member: name, "is packed with method \(method); stored and deflated members are read")
    }
    guard disk == 0 || disk == 0xFFFF else { throw problem }
    try Self.large(&unpacked, &packed, &header, extra, problem)
    guard packed <= directory, header <= directory else { throw damage("lies outside of the archive", name) }
    guard method == .deflated ? unpacked / ZipMember.greatestRatio <= packed : unpacked == packed else {
      throw ZipError(
        .tooLarge, file: path, member: name, "declares \(unpacked) bytes, which \(packed) packed bytes cannot hold")
    }
    let start = try start(of: name, header: header, method: method.rawValue)
    guard packed <= directory - start else { throw damage("lies outside of the archive", name) }
    return Entry(
      member: ZipMember(
        name: name, method: method, packedByteCount: packed, byteCount: unpacked, checksum: UInt32(checksum),
        start: start), header: header)
  }

  /// Takes the 8-byte numbers for those that say they do not fit, in their fixed order.
  private static func large(
    _ unpacked: inout Int, _ packed: inout Int, _ header: inout Int, _ extra: ArraySlice<UInt8>, _ problem: ZipError
  ) throws(ZipError) {
    guard [unpacked, packed, header].contains(0xFFFF_FFFF) else { return }
    var reader = ByteReader(extra)
    while let id = reader.integer(2), let length = reader.integer(2), let field = reader.take(length) {
      guard id == 1 else { continue }
      var values = ByteReader(field)
      func replaced(_ value: Int) throws(ZipError) -> Int {
        guard value == 0xFFFF_FFFF else { return value }
        guard let large = values.integer(8) else { throw problem }
        return large
      }
      unpacked = try replaced(unpacked)
      packed = try replaced(packed)
      header = try replaced(header)
      return
    }
    throw problem
  }

  /// Where a member's bytes begin, after the header in front of them, which must agree with the directory.
  private func start(of name: String, header: Int, method: Int) throws(ZipError) -> Int {
    var reader = ByteReader(file.bytes(at: header, count: 30)[...])
    guard reader.integer(4) == 0x0403_4B50, reader.take(4) != nil, reader.integer(2) == method,
      reader.take(16) != nil, let nameLength = reader.integer(2), let extraLength = reader.integer(2),
      file.bytes(at: header + 30, count: nameLength).elementsEqual(name.utf8)
    else { throw damage("has a header that differs from the directory", name) }
    return header + 30 + nameLength + extraLength
  }

  /// Refuses two members of one name, and members that share bytes.
  private func checkPlaces(_ entries: [Entry], directory: Int) throws(ZipError) {
    var names = Set<String>()
    for entry in entries where !names.insert(entry.member.name).inserted {
      throw damage("is in the archive twice", entry.member.name)
    }
    var end = 0
    for entry in entries.sorted(by: { $0.header < $1.header }) {
      guard entry.header >= end else { throw damage("overlaps another member", entry.member.name) }
      end = entry.member.start + entry.member.packedByteCount
    }
    guard end <= directory else { throw damage("its members reach into its directory") }
  }
}
