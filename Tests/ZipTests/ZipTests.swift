import Foundation
import Testing
import Zip

@Suite("Zip archives")
final class ZipTests {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "finetune-zip-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func path(_ name: String) -> String { folder.appending(path: name).path }

  /// Bytes of which half repeat and half do not.
  private static let text = (0..<150_000).map {
    UInt8(truncatingIfNeeded: $0 % 7 == 0 ? $0 &* 31 &+ $0 >> 9 : $0 / 1000)
  }

  /// An archive of two members, as bytes.
  private func archive(_ method: ZipMember.Method, _ first: String = "a.txt", _ second: String = "b.bin") throws -> Data
  {
    var writer = try ZipWriter(creating: path("made.zip"))
    try writer.add(first, Array("hello".utf8))
    try writer.add(second, Self.text, method: method)
    try writer.close()
    return try Data(contentsOf: folder.appending(path: "made.zip"))
  }

  private func open(_ bytes: Data) throws(ZipError) -> ZipArchive {
    do { try bytes.write(to: folder.appending(path: "changed.zip")) } catch { Issue.record("\(error)") }
    return try ZipArchive(opening: path("changed.zip"))
  }

  @Test(
    "What is packed is unpacked, and equal members make equal archives",
    arguments: [ZipMember.Method.stored, .deflated])
  func roundTrip(_ method: ZipMember.Method) throws {
    let bytes = try archive(method)
    #expect(try archive(method) == bytes)
    let archive = try open(bytes)
    #expect(archive.members.map(\.name) == ["a.txt", "b.bin"])
    #expect(try archive.read("a.txt", byteLimit: 5) == Array("hello".utf8))
    #expect(try archive.read("b.bin", byteLimit: Self.text.count) == Self.text)
    #expect(method == .stored || archive.members[1].packedByteCount < Self.text.count * 9 / 10)
    try archive.extract("b.bin", to: path("b.bin"), byteLimit: Self.text.count)
    #expect(try Data(contentsOf: folder.appending(path: "b.bin")) == Data(Self.text))
  }

  @Test("A file goes in whole, and an empty member is a member")
  func files() throws {
    try Data(Self.text).write(to: folder.appending(path: "source"))
    var writer = try ZipWriter(creating: path("made.zip"))
    try writer.add("empty", [])
    try writer.add("packed", [], method: .deflated)
    try writer.add("file", contentsOf: path("source"), method: .deflated)
    try writer.close()
    let archive = try ZipArchive(opening: path("made.zip"))
    #expect(try archive.read("empty", byteLimit: 0).isEmpty)
    #expect(try archive.read("packed", byteLimit: 0).isEmpty)
    #expect(try archive.read("file", byteLimit: 1 << 20) == Self.text)
  }

  @Test("Python's zipfile reads what is written here, and the other way round, zip64 too")
  func python() throws {
    let script = """
      import sys, zipfile
      with zipfile.ZipFile(sys.argv[1]) as made:
          assert made.testzip() is None and made.namelist() == ["a.txt", "b.bin"], made.namelist()
          with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as again:
              with again.open("b.bin", "w", force_zip64=True) as member: member.write(made.read("b.bin"))
              again.writestr("folder/a.txt", made.read("a.txt"))
      """
    _ = try archive(.deflated)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script, path("made.zip"), path("again.zip")]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "python3 is needed")
    let archive = try ZipArchive(opening: path("again.zip"))
    #expect(try archive.read("b.bin", byteLimit: 1 << 20) == Self.text)
    #expect(try archive.read("folder/a.txt", byteLimit: 1 << 20) == Array("hello".utf8))
  }

  @Test(
    "Names that lead elsewhere, two of one name and links out of the archive are refused",
    arguments: [
      ("b.bin", "a.txt", "twice"), ("bbbbb", "../bb", "leads out"), ("bbbbb", "/bbbb", "no plain path"),
      ("bbbbb", "b\\bbb", "no plain path"), ("bbbbb", "b//bb", "no plain path"),
    ])
  func names(_ written: String, _ name: String, _ problem: String) throws {
    var bytes = try archive(.stored, "a.txt", written)
    while let range = bytes.firstRange(of: Data(written.utf8)) { bytes.replaceSubrange(range, with: Data(name.utf8)) }
    let error = try #require(throws: ZipError.self) { try open(bytes) }
    #expect(error.kind == .damaged)
    #expect(error.problem.contains(problem), "\(error)")
  }

  @Test("Members that overlap, and a directory that disagrees with the headers, are refused")
  func overlap() throws {
    var bytes = try archive(.stored)
    // The directory's second entry is made to point at the first member.
    let entries = bytes.ranges(of: Data([0x50, 0x4B, 1, 2]))
    let place = try #require(entries.last).lowerBound + 42
    for offset in 0..<4 { bytes[place + offset] = 0 }
    #expect(throws: ZipError.self) { try open(bytes) }
    var other = try archive(.stored)
    let header = try #require(other.ranges(of: Data([0x50, 0x4B, 3, 4])).last).lowerBound
    other[header + 8] = 8
    let error = try #require(throws: ZipError.self) { try open(other) }
    #expect(error.problem.contains("differs from the directory"))
  }

  @Test("A member that claims more than its bytes can hold is refused before anything is unpacked")
  func bomb() throws {
    var bytes = try archive(.deflated)
    let entry = try #require(bytes.ranges(of: Data([0x50, 0x4B, 1, 2])).last).lowerBound
    for (offset, byte) in [0, 0, 0, 0x7F].enumerated() { bytes[entry + 24 + offset] = UInt8(byte) }
    #expect(try #require(throws: ZipError.self) { try open(bytes) }.kind == .tooLarge)
    let limited = try open(try archive(.deflated))
    #expect(
      try #require(throws: ZipError.self) { try limited.read("b.bin", byteLimit: 1000) }.kind == .tooLarge)
  }

  @Test("A changed byte is an error or harmless, and so is a missing end: never a crash")
  func damage() throws {
    let bytes = try archive(.deflated)
    var refused = 0
    func attempt(_ changed: Data) {
      do throws(ZipError) {
        let archive = try open(changed)
        for member in archive.members {
          let read = try archive.read(member.name, byteLimit: 1 << 20)
          if member.name == "b.bin" { #expect(read == Self.text) }
        }
      } catch {
        refused += 1
      }
    }
    // All of the directory, and a sample of the rest.
    let directory = try #require(bytes.firstRange(of: Data([0x50, 0x4B, 1, 2]))).lowerBound
    for position in Array(directory..<bytes.count) + Array(stride(from: 0, to: directory, by: directory / 150)) {
      var changed = bytes
      changed[position] ^= 0xA5
      attempt(changed)
    }
    for length in stride(from: 0, to: bytes.count, by: bytes.count / 60) { attempt(bytes.prefix(length)) }
    #expect(refused > 250)
  }

  @Test("What is no archive is said to be none; a missing one is missing")
  func others() throws {
    #expect(try #require(throws: ZipError.self) { try open(Data("no archive".utf8)) }.kind == .notAnArchive)
    #expect(try #require(throws: ZipError.self) { try ZipArchive(opening: path("nothing")) }.kind == .missingFile)
    #expect(try #require(throws: ZipError.self) { try ZipArchive(opening: folder.path) }.kind == .unreadableFile)
  }
}
