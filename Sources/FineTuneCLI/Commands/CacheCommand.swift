import ArgumentParser
import FineTune
import Foundation

struct CacheCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache",
    abstract: "Show what is kept of frozen parts from run to run, or remove it.",
    discussion: """
      What is removed is computed again when it is needed. The folder is $XDG_CACHE_HOME/finetune, or ~/.cache/finetune, \
      unless a recipe names another: then say --directory.
      """)

  @Option(help: "The folder of the cache, instead of the user's own.", completion: .directory)
  var directory: String?

  @Flag(help: "Remove everything.")
  var clear = false

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    guard let folder = directory ?? FeatureCache.standardDirectory else {
      throw ValidationError("There is neither $XDG_CACHE_HOME nor $HOME; say --directory.")
    }
    let contents = CacheContents(folder)
    if clear { contents.clear() }
    let left = CacheContents(folder)
    if clear, left.bytes > 0 {
      Terminal.standardError.write("finetune: \(folder): \(left.bytes) bytes cannot be removed\n")
      throw ExitStatus.cannotCreate.code
    }
    if json {
      Terminal.standardOutput.write(Self.json(contents, folder, isCleared: clear).prettyText + "\n")
    } else {
      Terminal.standardOutput.write(Self.lines(contents, folder, isCleared: clear).map { $0 + "\n" }.joined())
    }
  }

  private static func lines(_ contents: CacheContents, _ folder: String, isCleared: Bool) -> [String] {
    let total = "\(folder): \(Figure.bytes(Double(contents.bytes)))"
    if isCleared { return [total + " removed"] }
    return [total]
      + contents.entries.map { entry in
        "  \(Figure.grouped(entry.images)) pictures, \(Figure.bytes(Double(entry.bytes))), last used "
          + "\(day(entry.lastUsed)): \(entry.words)"
      }
  }

  private static func json(_ contents: CacheContents, _ folder: String, isCleared: Bool) -> JSONValue {
    [
      "directory": .string(folder), "bytes": .integer(contents.bytes), "cleared": .bool(isCleared),
      "entries": .array(
        contents.entries.map { entry in
          [
            "features": .string(entry.words), "images": .integer(entry.images), "bytes": .integer(entry.bytes),
            "last_used": .string(day(entry.lastUsed)),
          ]
        }),
    ]
  }

  private static func day(_ seconds: Int) -> String {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = .withInternetDateTime
    return formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
  }
}
