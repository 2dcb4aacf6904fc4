internal import Crypto
internal import Foundation

/// What a file must hash to.
public enum Checksum: Hashable, Sendable, CustomStringConvertible {
  case md5(String)
  case sha256(String)

  /// From hexadecimal digits, whose number tells the kind; nil for anything else.
  public init?(hexadecimal digits: String) {
    guard digits.allSatisfy(\.isHexDigit) else { return nil }
    switch digits.count {
    case 32: self = .md5(digits.lowercased())
    case 64: self = .sha256(digits.lowercased())
    default: return nil
    }
  }

  public var description: String {
    switch self {
    case .md5(let digits): "md5 \(digits)"
    case .sha256(let digits): "sha256 \(digits)"
    }
  }

  /// The same kind of checksum of the file at `path`.
  public func found(at path: String) throws -> Checksum {
    switch self {
    case .md5: .md5(try Self.digits(of: path, Insecure.MD5()))
    case .sha256: .sha256(try Self.digits(of: path, SHA256()))
    }
  }

  private static func digits(of path: String, _ start: some HashFunction) throws -> String {
    var hash = start
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    defer { try? file.close() }
    while let part = try file.read(upToCount: 1 << 20), !part.isEmpty { hash.update(data: part) }
    return hash.finalize().map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }
}
