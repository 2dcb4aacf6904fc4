import Foundation

/// A folder of this process for files that tests write.
public enum TemporaryFolder {
  private static let root: String = {
    let path = NSTemporaryDirectory() + "finetune-tests-\(ProcessInfo.processInfo.processIdentifier)"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }()

  /// A path for a file, in a new folder of its own.
  public static func path(_ name: String) -> String {
    let folder = root + "/" + UUID().uuidString
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder + "/" + name
  }
}
