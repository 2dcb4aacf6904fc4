/// A zip archive, open for reading.
///
///     let archive = try ZipArchive(opening: "model.keras")
///     let config = try archive.read("config.json", byteLimit: 64 << 20)
///
/// Damaged and hostile archives are expected. Opening reads the directory at the end and compares it with the headers that
/// stand before the members: names that lead elsewhere, two members of one name, members that overlap or lie outside, and
/// sizes that no compression reaches are refused, before anything is unpacked.
///
/// The form: [APPNOTE.TXT](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), with zip64.
public struct ZipArchive: Sendable {
  public let path: String
  /// In the order of the directory.
  public let members: [ZipMember]
  private let file: FileDescriptor
  private let places: [String: Int]

  public init(opening path: String) throws(ZipError) {
    let file = try FileDescriptor(reading: path)
    guard let byteCount = file.byteCount else {
      throw ZipError(.unreadableFile, file: path, "is not a regular file")
    }
    let directory = try ZipDirectory(file, byteCount: byteCount, path: path)
    self.path = path
    self.file = file
    members = directory.members
    places = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.name, $0) })
  }

  /// The member of a name, if there is one.
  public subscript(name: String) -> ZipMember? { places[name].map { members[$0] } }

  /// The bytes of a member.
  public func read(_ name: String, byteLimit: Int) throws(ZipError) -> [UInt8] {
    var bytes: [UInt8] = []
    try unpack(name, byteLimit: byteLimit) { piece in
      bytes += piece
      return nil
    }
    return bytes
  }

  /// Writes a member's bytes to a new file.
  public func extract(_ name: String, to target: String, byteLimit: Int) throws(ZipError) {
    let output = try FileDescriptor(creating: target)
    var position = 0
    try unpack(name, byteLimit: byteLimit) { piece in
      defer { position += piece.count }
      return output.write(piece, at: position)
    }
  }

  /// Hands out a member's bytes piece by piece and compares their number and their checksum with the directory.
  ///
  /// - Parameter accept: returns why it cannot go on, if so.
  private func unpack(
    _ name: String, byteLimit: Int, _ accept: ([UInt8]) -> String?
  ) throws(ZipError) {
    guard let member = self[name] else {
      throw ZipError(.missingMember, file: path, member: name, "is not in the archive")
    }
    func refusal(_ kind: ZipError.Kind, _ problem: String) -> ZipError {
      ZipError(kind, file: path, member: name, problem)
    }
    guard member.byteCount <= byteLimit else {
      throw refusal(.tooLarge, "declares \(member.byteCount) bytes; at most \(byteLimit) are read")
    }
    var checksum = Checksum()
    var count = 0
    var reason: String?
    func take(_ piece: [UInt8]) -> Bool {
      count += piece.count
      guard count <= member.byteCount else { return false }
      checksum.add(piece)
      reason = accept(piece)
      return reason == nil
    }
    guard var stream = DeflateStream(.unpacking) else { throw refusal(.damaged, "zlib does not begin") }
    var position = member.start
    let end = member.start + member.packedByteCount
    var isSound = true
    while isSound, position < end {
      let packed = file.bytes(at: position, count: min(1 << 18, end - position))
      guard !packed.isEmpty else { throw refusal(.damaged, "is cut short") }
      position += packed.count
      isSound =
        switch member.method {
        case .stored: take(packed)
        case .deflated: stream.process(packed, isLast: position == end, take)
        }
    }
    if let reason { throw refusal(.cannotWrite, "cannot be unpacked: \(reason)") }
    guard isSound, count == member.byteCount, member.method == .stored || stream.isFinished else {
      throw refusal(.damaged, "does not unpack to the \(member.byteCount) bytes that the archive declares")
    }
    guard checksum.value == member.checksum else {
      throw refusal(.damaged, "has another checksum than the archive says")
    }
  }
}
