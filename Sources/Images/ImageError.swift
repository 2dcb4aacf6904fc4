/// Why a picture could not be read or written.
public struct ImageError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, by kind.
  public enum Kind: String, Hashable, Sendable {
    /// The file is missing or may not be read.
    case unreadable
    /// Neither PNG nor JPEG.
    case unrecognized
    /// PNG or JPEG of a rare variety that cannot be decoded.
    case unsupported
    /// The data contradict the format.
    case corrupt
    /// The file ends before the picture does.
    case truncated
    /// More pixels than the limits allow.
    case tooLarge
    /// The file could not be written.
    case unwritable
  }

  public let kind: Kind
  /// The file, as the caller named it.
  public let path: String
  /// What was found and what to do, without the path.
  public let reason: String

  public init(_ kind: Kind, path: String, _ reason: String) {
    self.kind = kind
    self.path = path
    self.reason = reason
  }

  /// `photos/cat.gif: a GIF image; …`
  public var description: String { "\(path): \(reason)" }
}
