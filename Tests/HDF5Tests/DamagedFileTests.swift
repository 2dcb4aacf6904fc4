import Foundation
import HDF5
import TestSupport
import Testing

@Suite("A bad file is an error, never a crash")
struct DamagedFileTests {
  @Test("What is not an HDF5 file is said plainly")
  func notAFile() throws {
    let folder = try TemporaryFolder()
    try Data().write(to: URL(filePath: folder.path("empty.h5")))
    try Data("a text".utf8).write(to: URL(filePath: folder.path("text.h5")))
    #expect(error(opening: folder.path("missing.h5"))?.kind == .missingFile)
    #expect(error(opening: folder.url.path)?.kind == .unreadableFile)
    #expect(error(opening: folder.path("empty.h5"))?.kind == .notHDF5)
    #expect(error(opening: folder.path("text.h5"))?.kind == .notHDF5)
    #expect(error(opening: folder.path("text.h5"))?.description.contains("text.h5: is not an HDF5 file") == true)
  }

  @Test("A truncated file says what it should have")
  func truncated() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    try SampleFile.write(to: path, withLinks: false)
    let whole = try Data(contentsOf: URL(filePath: path))
    for count in [9, 40, 95, 96, whole.count / 2, whole.count - 1] {
      try whole.prefix(count).write(to: URL(filePath: path))
      let found = try #require(error(opening: path))
      #expect(found.kind == .damaged)
      #expect(count < 96 || found.description.contains("should have \(whole.count) bytes and has \(count)"))
    }
  }

  /// A few bytes of a small file are changed, as a bad disk or a bad friend would. libhdf5 1.10 alone crashes or hangs on
  /// about one variant in sixteen; a crash here ends the test run.
  @Test("A file with changed bytes reads or throws", arguments: 0..<4)
  func changedBytes(_ part: Int) throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    try SampleFile.write(to: path, withLinks: false)
    let whole = [UInt8](try Data(contentsOf: URL(filePath: path)))
    var readCount = 0
    var refusedCount = 0
    for seed in 80 * part..<80 * (part + 1) {
      let bytes = FileDamage.damaged(whole, seed: UInt64(seed))
      try Data(bytes).write(to: URL(filePath: path))
      do {
        readCount += try everything(in: HDF5File(opening: path).root).count
      } catch is HDF5Error {
        refusedCount += 1
      }
    }
    #expect(readCount > 0)
    #expect(refusedCount > 0)
  }

  @Test("A message type that turns a group into another is found out")
  func wrongMessage() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    let file = try HDF5File(creating: path)
    try file.root.createGroup(at: "g")
    try file.close()
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    // "Symbol table" (17), a message of 16 bytes, becomes "links" (2).
    let message = try #require(
      (0..<bytes.count - 8).first { bytes[$0..<$0 + 8].elementsEqual([17, 0, 16, 0, 0, 0, 0, 0]) })
    bytes[message] = 2
    try Data(bytes).write(to: URL(filePath: path))
    #expect(error(opening: path)?.kind == .damaged)
  }

  @Test("A chunk that unpacks to fewer bytes than it should is found out")
  func shortChunk() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    var storage = DatasetStorage()
    storage.chunk = [256]
    storage.gzipLevel = 4
    let file = try HDF5File(creating: path)
    try file.root.writeDataset("x", floats: (0..<256).map { Float($0) }, shape: [256], storage: storage)
    try file.close()
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let stream = try #require(bytes.indices.dropLast().last { bytes[$0] == 0x78 && bytes[$0 + 1] == 0x5E })
    // A whole zlib stream of four zeros: header, one stored block, checksum.
    let short: [UInt8] = [0x78, 0x01, 0x01, 4, 0, 0xFB, 0xFF, 0, 0, 0, 0, 0, 4, 0, 1]
    bytes.replaceSubrange(stream..<stream + short.count, with: short)
    try Data(bytes).write(to: URL(filePath: path))
    let dataset = try HDF5File(opening: path).root.dataset(at: "x")
    #expect(throws: HDF5Error.self) { try dataset.readFloats() }
  }

  private func error(opening path: String) -> HDF5Error? {
    do throws(HDF5Error) {
      _ = try HDF5File(opening: path)
      return nil
    } catch {
      return error
    }
  }
}

/// Reads every attribute and every dataset below `group`; throws at the first that cannot be read.
func everything(in group: HDF5Group, depth: Int = 0) throws -> [String: Int] {
  var counts: [String: Int] = [:]
  for name in try group.attributes.names() { _ = try group.attributes[name] }
  for child in try group.children() {
    switch child.kind {
    case .group where depth < 8:
      try counts.merge(everything(in: group.group(at: child.name), depth: depth + 1)) { $1 }
    case .group: break
    case .dataset, .softLink, .externalLink, .other, .unreadable:
      let dataset = try group.dataset(at: child.name)
      for name in try dataset.attributes.names() { _ = try dataset.attributes[name] }
      if dataset.elementKind.isNumeric {
        counts[dataset.path] = try dataset.readFloats(byteLimit: 1 << 28).count
      } else {
        counts[dataset.path] = try dataset.readStrings(byteLimit: 1 << 28).count
      }
    }
  }
  return counts
}
