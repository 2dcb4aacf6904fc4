import Foundation
import HDF5
import Testing

@Suite("What leads out of the file or exhausts the memory is refused")
struct RefusalTests {
  @Test("Soft links are followed within the file; a link to another file is not")
  func links() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    let other = try HDF5File(creating: folder.path("other.h5"))
    try other.root.writeDataset("x", floats: [666], shape: [1])
    try other.close()
    let file = try HDF5File(creating: path)
    try file.root.writeDataset("g/x", floats: [1, 2], shape: [2])
    try file.root.createSoftLink("soft", to: "/g/x")
    try file.root.group(at: "g").createSoftLink("beside", to: "x")
    try file.root.createSoftLink("folder", to: "g")
    try file.root.createSoftLink("dangling", to: "/nothing")
    try file.root.createSoftLink("circle", to: "/circle")
    try file.root.createExternalLink("out", to: "x", inFile: folder.path("other.h5"))
    try file.root.createSoftLink("soft out", to: "/out")
    try file.close()

    let root = try HDF5File(opening: path).root
    #expect(try root.dataset(at: "soft").readFloats() == [1, 2])
    #expect(try root.dataset(at: "soft").path == "/g/x")
    #expect(try root.dataset(at: "g/beside").readFloats() == [1, 2])
    #expect(try root.dataset(at: "folder/x").readFloats() == [1, 2])
    #expect(try !root.contains("dangling"))
    #expect(kind { _ = try root.dataset(at: "dangling") } == .missingObject)
    #expect(kind { _ = try root.dataset(at: "circle") } == .damaged)
    #expect(kind { _ = try root.dataset(at: "out") } == .refused)
    #expect(kind { _ = try root.dataset(at: "soft out") } == .refused)
    let kinds = try root.children().map(\.kind)
    #expect(kinds == [.softLink, .softLink, .softLink, .group, .externalLink, .softLink, .softLink])
  }

  @Test("Values in another file are refused")
  func externalStorage() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    try Data(count: 8).write(to: URL(filePath: folder.path("raw")))
    var storage = DatasetStorage()
    storage.externalFile = folder.path("raw")
    let file = try HDF5File(creating: path)
    // It is written, and refused only when it is looked at.
    #expect(kind { _ = try file.root.writeDataset("x", floats: [1, 2], shape: [2], storage: storage) } == .refused)
    try file.close()
    #expect(kind { _ = try HDF5File(opening: path).root.dataset(at: "x") } == .refused)
  }

  @Test("A dataset larger than the caller allows is refused")
  func limit() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    let file = try HDF5File(creating: path)
    try file.root.writeDataset("x", floats: [Float](repeating: 1, count: 100), shape: [100])
    try file.close()
    let dataset = try HDF5File(opening: path).root.dataset(at: "x")
    #expect(try dataset.readFloats(byteLimit: 400).count == 100)
    #expect(kind { _ = try dataset.readFloats(byteLimit: 399) } == .tooLarge)
  }

  @Test("A dataset that unpacks to more than a thousand times its size is refused")
  func compressionBomb() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    var storage = DatasetStorage()
    storage.chunk = [1 << 19]
    storage.gzipLevel = 9
    let file = try HDF5File(creating: path)
    try file.root.writeDataset("honest", floats: (0..<1 << 19).map { Float($0) }, shape: [1 << 19], storage: storage)
    try file.root.writeDataset(
      "bomb", floats: [Float](repeating: 0, count: 1 << 20), shape: [1 << 20], storage: storage)
    try file.close()
    let root = try HDF5File(opening: path).root
    #expect(try root.dataset(at: "honest").readFloats().last == Float(1 << 19 - 1))
    #expect(kind { _ = try root.dataset(at: "bomb").readFloats() } == .tooLarge)
  }

  @Test("Values of the wrong type are refused by name")
  func wrongType() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    let file = try HDF5File(creating: path)
    try file.root.writeDataset("texts", strings: ["a"], shape: [1])
    try file.root.writeDataset("floats", floats: [1], shape: [1])
    try file.close()
    let root = try HDF5File(opening: path).root
    #expect(kind { _ = try root.dataset(at: "texts").readFloats() } == .wrongType)
    #expect(kind { _ = try root.dataset(at: "floats").readIntegers() } == .wrongType)
    #expect(kind { _ = try root.dataset(at: "floats").readStrings() } == .wrongType)
    #expect(kind { _ = try root.group(at: "floats") } == .wrongType)
    #expect(kind { _ = try root.group(at: "nothing") } == .missingObject)
  }

  @Test("Writing says what is wrong")
  func writing() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    #expect(kind { _ = try HDF5File(creating: folder.path("no/such/folder/a.h5")) } == .cannotWrite)
    #expect(kind { _ = try HDF5File(creating: folder.url.path) } == .cannotWrite)
    let file = try HDF5File(creating: path)
    let root = file.root
    try root.writeDataset("x", floats: [1], shape: [1])
    #expect(kind { _ = try root.writeDataset("x", floats: [1], shape: [1]) } == .cannotWrite)
    #expect(kind { _ = try root.writeDataset("y", floats: [1], shape: [2]) } == .cannotWrite)
    #expect(kind { _ = try root.writeDataset("x/y", floats: [1], shape: [1]) } == .wrongType)
    #expect(kind { try root.attributes.write("a", string: "a\0b") } == .cannotWrite)
    let long = [String](repeating: String(repeating: "x", count: 70), count: 1000)
    #expect(kind { try root.attributes.write("layer_names", strings: long) } == .cannotWrite)
    try file.close()
    #expect(kind { try root.createGroup(at: "late") } == .missingObject)
    let read = try HDF5File(opening: path).root
    #expect(kind { try read.createGroup(at: "g") } == .cannotWrite)
  }

  private func kind(_ body: () throws -> Void) -> HDF5Error.Kind? {
    do {
      try body()
      return nil
    } catch {
      return (error as? HDF5Error)?.kind
    }
  }
}
