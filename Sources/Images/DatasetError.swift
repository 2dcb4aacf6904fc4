/// What is wrong with a folder or table of labelled pictures.
public struct DatasetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The folder or table, as the caller named it.
  public let path: String
  /// The line of a table, from 1.
  public let line: Int?
  /// What was found and what to do.
  public let reason: String

  public init(path: String, line: Int? = nil, _ reason: String) {
    self.path = path
    self.line = line
    self.reason = reason
  }

  /// `cells.csv:17: …`
  public var description: String { line.map { "\(path):\($0): \(reason)" } ?? "\(path): \(reason)" }
}
