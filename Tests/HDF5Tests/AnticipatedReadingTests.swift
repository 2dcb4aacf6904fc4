import Foundation
import HDF5
import TestSupport
import Testing

/// One after the other: what is anticipated is one file of the process.
@Suite("A file that is anticipated is read as any other", .serialized)
struct AnticipatedReadingTests {
  private let reading = HDF5Reading.guarded(ReadingLimits(memory: 1 << 30, seconds: 7), helper: BuiltTool.url.path)

  @Test("Its content is the same, the first time and when it is opened again")
  func sameContent() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    try SampleFile.write(to: path)
    let here = try HDF5File(opening: path).root
    HDF5Reading.anticipate(path, reading: reading)
    try expectEqual(here, HDF5File(opening: path, reading: reading).root)
    try expectEqual(here, HDF5File(opening: path, reading: reading).root)
  }

  @Test("The reader that was started is the one that is used, once")
  func isUsed() throws {
    let folder = try TemporaryFolder()
    let (path, helper, starts) = (folder.path("a.h5"), folder.path("helper"), folder.path("starts"))
    try SampleFile.write(to: path)
    let script = "#!/bin/sh\necho started >> '\(starts)'\nexec '\(BuiltTool.url.path)' \"$@\"\n"
    try Data(script.utf8).write(to: URL(filePath: helper))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: helper)
    func startCount() -> Int {
      ((try? String(contentsOfFile: starts, encoding: .utf8)) ?? "").split(separator: "\n").count
    }
    let counted = HDF5Reading.guarded(ReadingLimits(memory: 1 << 30, seconds: 7), helper: helper)
    let here = try HDF5File(opening: path).root
    // A script cannot be started while a child that another test began just now still has it open for writing.
    for _ in 0..<100 where startCount() == 0 {
      if error({ _ = try HDF5File(opening: path, reading: counted) }) != nil { usleep(20_000) }
    }
    let before = startCount()
    HDF5Reading.anticipate(path, reading: counted)
    try expectEqual(here, HDF5File(opening: path, reading: counted).root)
    #expect(startCount() == before + 1)
    try expectEqual(here, HDF5File(opening: path, reading: counted).root)
    #expect(startCount() == before + 2)
  }

  @Test("One file anticipated, another opened: neither hears of the other")
  func another() throws {
    let folder = try TemporaryFolder()
    let (path, other) = (folder.path("a.h5"), folder.path("b.h5"))
    try SampleFile.write(to: path)
    let file = try HDF5File(creating: other)
    try file.root.writeDataset("b", floats: [1, 2], shape: [2])
    try file.close()
    HDF5Reading.anticipate(path, reading: reading)
    #expect(try HDF5File(opening: other, reading: reading).root.dataset(at: "b").readFloats() == [1, 2])
    // Other limits are another wish.
    let stricter = HDF5Reading.guarded(ReadingLimits(memory: 1 << 29, seconds: 7), helper: BuiltTool.url.path)
    try expectEqual(HDF5File(opening: path).root, HDF5File(opening: path, reading: stricter).root)
  }

  @Test("A file that is replaced meanwhile, or written to, is read as it is when it is opened")
  func changed() throws {
    let folder = try TemporaryFolder()
    let (path, next) = (folder.path("a.h5"), folder.path("next.h5"))
    func write(_ numbers: [Float], to path: String) throws {
      let file = try HDF5File(creating: path)
      try file.root.writeDataset("b", floats: numbers, shape: [numbers.count])
      try file.close()
    }
    func found() throws -> [Float] { try HDF5File(opening: path, reading: reading).root.dataset(at: "b").readFloats() }
    try write([1, 2], to: path)
    HDF5Reading.anticipate(path, reading: reading)
    try write([3, 4], to: next)
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: next, toPath: path)
    #expect(try found() == [3, 4])
    HDF5Reading.anticipate(path, reading: reading)
    try write([5, 6], to: next)
    let bytes = try Data(contentsOf: URL(filePath: next))
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.write(contentsOf: bytes)
    try handle.close()
    #expect(try found() == [5, 6])
  }

  @Test("What is wrong with it is said when it is opened, as ever")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    HDF5Reading.anticipate(path, reading: reading)
    #expect(error { _ = try HDF5File(opening: path, reading: reading) }?.kind == .missingFile)
    try SampleFile.write(to: path)
    let bytes = try Data(contentsOf: URL(filePath: path))
    var damaged = bytes
    // Where the root group begins.
    for position in 96..<112 { damaged[position] = 0xEE }
    try damaged.write(to: URL(filePath: path))
    let expected = error { _ = try HDF5File(opening: path, reading: reading) }
    HDF5Reading.anticipate(path, reading: reading)
    let found = error { _ = try HDF5File(opening: path, reading: reading) }
    #expect(found != nil && found == expected)
  }

  private func error(_ body: () throws -> Void) -> HDF5Error? {
    do {
      try body()
      return nil
    } catch { return error as? HDF5Error }
  }
}
