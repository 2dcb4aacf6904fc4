import Foundation

/// The checkpoints of a run: a folder that keeps the last two, so that one that was damaged is not the only one.
public struct CheckpointFolder: Sendable {
  public let path: String
  /// How many are kept.
  public static let kept = 2

  public init(_ path: String) { self.path = path }

  /// Writes a checkpoint and removes all but the last two.
  public func add(_ checkpoint: Checkpoint) throws(CheckpointError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw CheckpointError(path: path, "cannot be created: \(CheckpointError.reason(error))")
    }
    let known = files
    let number = (known.last?.number ?? 0) + 1
    try checkpoint.write(to: file(number))
    for old in known.dropLast(Self.kept - 1) { try? FileManager.default.removeItem(atPath: file(old.number)) }
  }

  /// The last checkpoint that is whole, its file, and what is wrong with those after it.
  public func latest() -> (checkpoint: Checkpoint, path: String, problems: [CheckpointError])? {
    var problems: [CheckpointError] = []
    for entry in files.reversed() {
      do throws(CheckpointError) {
        return (try Checkpoint(contentsOf: file(entry.number)), file(entry.number), problems)
      } catch {
        problems.append(error)
      }
    }
    return nil
  }

  /// Whether there is any, whole or not.
  public var isEmpty: Bool { files.isEmpty }

  /// Removes all of them, and what an interrupted writing left.
  public func removeAll() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names where name.hasSuffix(Self.ending) || name.hasSuffix(Self.ending + ".partial") {
      try? FileManager.default.removeItem(atPath: path + "/" + name)
    }
    // A folder with anything else in it stays.
    unsafe _ = rmdir(path)
  }

  private static let ending = ".checkpoint"

  private func file(_ number: Int) -> String {
    let digits = String(number)
    return "\(path)/\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits)\(Self.ending)"
  }

  private var files: [(number: Int, name: String)] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).compactMap { name in
      guard name.hasSuffix(Self.ending), let number = Int(name.dropLast(Self.ending.count)) else { return nil }
      return (number, name)
    }.sorted { $0.number < $1.number }
  }
}
