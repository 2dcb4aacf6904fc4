public import Foundation

/// Real weights, models and pictures, which the repository does not carry: at `$FINETUNE_DATA`, else at `../shared/data`
/// beside the package.
public enum SharedData {
  public static let directory: URL = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return ProcessInfo.processInfo.environment["FINETUNE_DATA"].map { URL(filePath: $0) }
      ?? root.appending(path: "../shared/data")
  }()

  /// A file or folder below `directory`, nil if it is not there.
  public static func url(_ path: String) -> URL? {
    let url = directory.appending(path: path)
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }
}
