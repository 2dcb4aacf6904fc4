/// A file in a zip archive, as the archive's directory describes it.
public struct ZipMember: Hashable, Sendable {
  /// How a member's bytes are packed.
  public enum Method: Int, Sendable {
    case stored = 0
    case deflated = 8
  }

  /// The path in the archive; never absolute, never with `..` in it.
  public let name: String
  public let method: Method
  /// The number of bytes in the archive.
  public let packedByteCount: Int
  /// The number of bytes when unpacked.
  public let byteCount: Int
  public let checksum: UInt32
  /// Where its packed bytes begin in the archive.
  let start: Int

  /// Whether it is a folder, which holds nothing itself.
  public var isFolder: Bool { name.hasSuffix("/") }
}

extension ZipMember {
  /// No stream of zlib unpacks to more than this many times its length.
  static let greatestRatio = 1032

  /// Why a name must not stand in an archive; nil if it may.
  static func objection(to name: String) -> String? {
    if name.isEmpty { return "has no name" }
    if name.utf8.count > 1024 { return "has a name of \(name.utf8.count) bytes" }
    if name.hasPrefix("/") || name.contains("\\") || name.unicodeScalars.contains(where: { $0.value < 32 }) {
      return "has a name that is no plain path"
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    if parts.contains("..") || parts.contains(".") { return "has a name that leads out of the archive" }
    if parts.dropLast().contains("") { return "has a name that is no plain path" }
    return nil
  }
}
