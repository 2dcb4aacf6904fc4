import Foundation
import HDF5
import TestSupport
import Testing

@Suite("A file is read in a process of its own")
struct GuardedReadingTests {
  /// These tests run with many threads, so the child is the tool and not a copy.
  private func guarded(_ change: (inout ReadingLimits) -> Void = { _ in }) -> HDF5Reading {
    var limits = ReadingLimits()
    change(&limits)
    return .guarded(limits, helper: BuiltTool.url.path)
  }

  @Test("Everything is as it is when read here")
  func sameContent() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    try SampleFile.write(to: path)
    let here = try HDF5File(opening: path).root
    let there = try HDF5File(opening: path, reading: guarded()).root
    try expectEqual(here, there)
    #expect(try there.dataset(at: "soft").readFloats() == [1, 2, 3])
    #expect(try there.dataset(at: "soft").path == "/model_weights/bn/gamma:0")
    #expect(try there.contains("model_weights/conv1") && !there.contains("model_weights/conv2"))
    #expect(try there.contains("soft") && !there.contains("dangling"))
    #expect(try there.attributes["nothing"] == nil)
    #expect(try there.dataset(at: "packed").layout() == "chunked, shuffle, gzip, checksum")
    #expect(try there.dataset(at: "labels").readIntegers() == [1, 2, 3])
    for name in ["nothing", "model_weights/nothing", "dangling", "out", "paths/below"] {
      let expected = error { _ = try here.dataset(at: name) }
      #expect(expected != nil && error { _ = try there.dataset(at: name) } == expected)
    }
    #expect(error { _ = try there.dataset(at: "paths").readFloats() }?.kind == .wrongType)
    #expect(error { _ = try there.dataset(at: "chunked").readFloats(byteLimit: 11) }?.kind == .tooLarge)
    #expect(error { _ = try there.createGroup(at: "g") }?.kind == .cannotWrite)
  }

  @Test("A file with its structures after other bytes is read at the right places")
  func userBlock() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    try SampleFile.write(to: path)
    try (Data(count: 512) + Data(contentsOf: URL(filePath: path))).write(to: URL(filePath: path))
    let here = try HDF5File(opening: path).root
    try expectEqual(here, HDF5File(opening: path, reading: guarded()).root)
  }

  @Test("Where this process has threads and no helper, that is said")
  func noHelper() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    try SampleFile.write(to: path)
    let found = error { _ = try HDF5File(opening: path, reading: .guarded()) }
    #expect(found?.kind == .unreadableFile)
    #expect(found?.description.contains("a.h5") == true && found?.description.contains("helper") == true)
  }

  @Test(
    "A helper that dies, hangs or babbles is an error",
    arguments: [
      ("kill -SEGV $$", "makes libhdf5 crash (signal 11)"), ("exit 3", "exit code 3"), ("kill -KILL $$", "was killed"),
      ("exec sleep 60", "keeps libhdf5 for more than 1 s"), ("head -c 4096 /dev/zero >&3; exec sleep 60", "nonsense"),
      ("head -c 4096 /dev/urandom >&3; exec sleep 60", "nonsense"),
    ])
  func badHelper(_ script: String, _ words: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    try SampleFile.write(to: path)
    let helper = folder.path("helper")
    try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(filePath: helper))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: helper)
    var start = ContinuousClock.now
    var found: HDF5Error?
    // A script cannot be started while a child that another test began just now still has it open for writing.
    for _ in 0..<100 {
      start = ContinuousClock.now
      found = error {
        _ = try HDF5File(
          opening: path, reading: .guarded(ReadingLimits(memory: 1 << 30, seconds: 0.5), helper: helper))
      }
      guard found?.description.contains("Text file busy") == true else { break }
      usleep(20_000)
    }
    #expect(found?.kind == .damaged)
    #expect(found?.description.contains("a.h5: ") == true && found?.description.contains(words) == true, "\(found!)")
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test("What takes more memory than the child may have is refused; what stands in the file ready is not")
  func memoryLimit() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    let count = 1 << 23
    let values = (0..<count).map { Float($0) }
    var storage = DatasetStorage()
    storage.chunk = [1 << 20]
    let file = try HDF5File(creating: path)
    try file.root.writeDataset("chunked", floats: values, shape: [count], storage: storage)
    try file.root.writeDataset("plain", floats: values, shape: [count])
    try file.close()
    let root = try HDF5File(opening: path, reading: guarded { $0.memory = 16 << 20 }).root
    #expect(error { _ = try root.dataset(at: "chunked").readFloats() }?.kind == .tooLarge)
    #expect(try root.dataset(at: "plain").readFloats() == values)
    #expect(try HDF5File(opening: path, reading: guarded()).root.dataset(at: "chunked").readFloats() == values)
  }

  /// Without the search for damage that precedes it, libhdf5 1.10 crashes or hangs on some of these.
  @Test("Whatever libhdf5 does on a damaged file, this process gets numbers or an error")
  func libraryAlone() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    try SampleFile.write(to: path, withLinks: false)
    let whole = [UInt8](try Data(contentsOf: URL(filePath: path)))
    var found: [String: Int] = [:]
    for seed in 0..<100 {
      try Data(FileDamage.damaged(whole, seed: UInt64(seed))).write(to: URL(filePath: path))
      let reading = guarded {
        $0.checksStructure = false
        $0.seconds = 2
      }
      do {
        _ = try everything(in: HDF5File(opening: path, reading: reading).root)
        found["read", default: 0] += 1
      } catch let error as HDF5Error {
        #expect(error.file == path)
        let isDeath = error.problem.contains("makes libhdf5") || error.problem.contains("keeps libhdf5")
        found[isDeath ? "survived" : "refused", default: 0] += 1
      }
    }
    #expect(found.values.reduce(0, +) == 100)
    print("100 damaged files, libhdf5 unprotected:", found.sorted { $0.key < $1.key })
  }

  private func error(_ body: () throws -> Void) -> HDF5Error? {
    do {
      try body()
      return nil
    } catch {
      return error as? HDF5Error
    }
  }
}

/// Expects the same names, attributes and values in two groups, and in all groups below.
func expectEqual(_ here: HDF5Group, _ there: HDF5Group) throws {
  let names = try here.attributes.names()
  #expect(try there.attributes.names() == names)
  for name in names { #expect(try there.attributes[name] == here.attributes[name]) }
  #expect(try there.children() == here.children())
  for child in try here.children() {
    switch child.kind {
    case .group: try expectEqual(here.group(at: child.name), there.group(at: child.name))
    case .dataset:
      let (a, b) = (try here.dataset(at: child.name), try there.dataset(at: child.name))
      #expect(a.path == b.path && a.shape == b.shape && a.elementKind == b.elementKind && a.byteOrder == b.byteOrder)
      if a.elementKind.isNumeric {
        #expect(try a.readFloats() == b.readFloats())
      } else {
        #expect(try a.readStrings() == b.readStrings())
      }
      for name in try a.attributes.names() { #expect(try a.attributes[name] == b.attributes[name]) }
    case .softLink, .externalLink, .other, .unreadable: break
    }
  }
}
