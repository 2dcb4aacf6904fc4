/// A height and a width.
public struct Size: Hashable, Sendable, CustomStringConvertible {
  public var height: Int
  public var width: Int

  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// `224×224`
  public var description: String { "\(height)×\(width)" }
}
