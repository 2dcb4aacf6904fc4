/// Why a file could not be fetched: the address, what went wrong, what to do.
public struct DownloadError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What a program can tell apart.
  public enum Kind: Hashable, Sendable {
    /// The server cannot be reached, breaks off or falls silent; what came is kept, and the next attempt goes on there.
    case interrupted
    /// The server has no such file, or does not give it out.
    case refused
    /// What came is not what it should be.
    case wrongContent
    /// The file cannot be written.
    case cannotWrite
    /// Another process is fetching the same file.
    case busy
    /// This machine lacks what downloads take.
    case unavailable
  }

  public var kind: Kind
  public var address: String
  public var problem: String

  init(_ kind: Kind, _ address: String, _ problem: String) {
    self.kind = kind
    self.address = address
    self.problem = problem
  }

  public var description: String { "\(address): \(problem)" }
}
