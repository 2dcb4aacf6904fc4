import Foundation
import Images

/// The public test suites of broken and unusual pictures, which the repository does not carry.
enum HostileFiles {
  static let directory: URL? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let data =
      ProcessInfo.processInfo.environment["FINETUNE_DATA"].map { URL(filePath: $0) }
      ?? root.appending(path: "../shared/data")
    let hostile = data.appending(path: "hostile")
    return FileManager.default.fileExists(atPath: hostile.path) ? hostile : nil
  }()

  static var isPresent: Bool { directory != nil }

  /// All files under a folder that end so, as sorted relative paths.
  static func names(in folder: String, ending suffix: String) -> [String] {
    guard let directory else { return [] }
    let root = directory.appending(path: folder)
    return ((try? FileManager.default.subpathsOfDirectory(atPath: root.path)) ?? [])
      .filter { $0.hasSuffix(suffix) }.sorted()
  }

  static func path(_ folder: String, _ name: String) -> String {
    directory?.appending(path: folder).appending(path: name).path ?? ""
  }

  static func bytes(_ folder: String, _ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path(folder, name))))
  }
}

/// The largest difference between two pictures' values, or nil where the pictures differ in size.
func largestDifference(_ a: PixelImage, _ b: PixelImage) -> Int? {
  guard a.size == b.size, a.mode == b.mode else { return nil }
  return zip(a.pixels, b.pixels).map { abs(Int($0) - Int($1)) }.max()
}

/// The mean difference between two pictures' values, or nil where the pictures differ in size.
func meanDifference(_ a: PixelImage, _ b: PixelImage) -> Double? {
  guard a.size == b.size, a.mode == b.mode else { return nil }
  return Double(zip(a.pixels, b.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }) / Double(a.pixels.count)
}
