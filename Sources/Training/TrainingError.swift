/// Why training, or reading what it needs, could not go on.
public struct TrainingError: Error, Hashable, CustomStringConvertible {
  public enum Kind: String, Hashable, Sendable {
    /// The loss is no longer a number.
    case diverged
    /// A picture that could be read before cannot be read now.
    case unreadableImage
    /// The data do not fit the model.
    case mismatch
    /// Somebody asked to stop before there was a result.
    case cancelled
  }

  public let kind: Kind
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  public var description: String { message }
}
