import Downloads
import Foundation
import TestSupport
import Testing

/// The file that servers of these tests have.
enum ServedFile {
  static let content: [UInt8] = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }
  static let tag = ["ETag": "\"one\"", "Accept-Ranges": "bytes"]

  /// A download that does not wait between attempts; the MD5 is another program's.
  static func download(_ server: SmallServer, _ path: String = "/file.h5") throws -> Download {
    var download = Download(
      from: server.address + path, to: TemporaryFolder.path("models") + "/deep/file.h5",
      checksum: Checksum(hexadecimal: Self.digest))
    download.patience = 10
    download.pause = 0.01
    download.attempts = 3
    return download
  }

  static let digest: String = {
    let path = TemporaryFolder.path("content")
    try? Data(content).write(to: URL(fileURLWithPath: path))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/md5sum")
    process.arguments = [path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try? process.run()
    let output = (try? pipe.fileHandleForReading.readToEnd()).flatMap { $0 } ?? Data()
    return String(decoding: output.prefix(32), as: UTF8.self)
  }()
}

extension Download {
  /// Expects the whole file at its place, and nothing beside it.
  func expectWhole(sourceLocation: SourceLocation = #_sourceLocation) throws {
    let found = try Data(contentsOf: URL(fileURLWithPath: destination))
    #expect([UInt8](found) == ServedFile.content, sourceLocation: sourceLocation)
    #expect(leftovers == ["file.h5"], sourceLocation: sourceLocation)
  }

  /// What is in the folder of the file.
  var leftovers: [String] {
    let folder = URL(fileURLWithPath: destination).deletingLastPathComponent().path
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  /// Why it cannot be fetched; nil if it was.
  var error: DownloadError? {
    do throws(DownloadError) {
      try self()
      return nil
    } catch {
      return error
    }
  }
}
