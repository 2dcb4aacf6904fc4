import Foundation
import JSON

/// A record of a run's epochs that is written while it goes on, for whoever looks at it meanwhile.
public protocol EpochLog: AnyObject {
  /// Begins, with the epochs that an earlier part of the same run finished.
  func begin(_ records: [EpochRecord]) throws

  /// Adds an epoch, at once.
  func add(_ record: EpochRecord) throws
}

/// A text file with a line per epoch; each line is in the file before the next epoch begins.
public final class TextLog: EpochLog {
  public enum Format: String, CaseIterable, Sendable {
    /// `History.csv`: a table with a heading.
    case csv
    /// [JSON Lines](https://jsonlines.org): an object per epoch with the table's headings as keys.
    case jsonl
  }

  public let path: String
  public let format: Format
  private var history = History()
  private var file: FileHandle?

  public init(_ format: Format, to path: String) {
    self.format = format
    self.path = path
  }

  public func begin(_ records: [EpochRecord]) throws {
    history.records = records
    try rewrite()
  }

  public func add(_ record: EpochRecord) throws {
    let names = history.names
    history.records.append(record)
    // A later phase may bring new columns; then the table is written anew.
    guard let file, format == .jsonl || names == history.names else { return try rewrite() }
    let own = History([record])
    let line = format == .csv ? history.csv.split(separator: "\n").last.map { $0 + "\n" } ?? "" : Self.lines(own)
    try file.write(contentsOf: Data(line.utf8))
  }

  private func rewrite() throws {
    try file?.close()
    let text = format == .csv ? (history.records.isEmpty ? "" : history.csv) : Self.lines(history)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.seekToEnd()
    self.file = file
  }

  private static func lines(_ history: History) -> String {
    (history.json.arrayValue ?? []).map { $0.text + "\n" }.joined()
  }
}
