import Foundation
import HDF5
import Testing

@Suite("What is written is read back")
struct RoundTripTests {
  let numbers: [Float] = [0, -0.0, 1, -1.5, 3.25e-20, .infinity, .leastNonzeroMagnitude, 65504]

  @Test("Numbers, whole numbers and texts keep their values and shapes")
  func datasets() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    let file = try HDF5File(creating: path)
    try file.root.writeDataset("model_weights/conv/kernel:0", floats: numbers, shape: [2, 1, 4])
    try file.root.writeDataset("scalar", floats: [7], shape: [])
    try file.root.writeDataset("nothing", floats: [], shape: [0, 3])
    try file.root.writeDataset("steps", integers: [Int64.min, 0, .max], shape: [3])
    try file.root.writeDataset("labels", integers: [Int32.min, -1, .max, 5], shape: [2, 2])
    try file.root.writeDataset("paths", strings: ["a/b.png", "", "Äpfel.jpg"], shape: [3])
    try file.close()

    let read = try HDF5File(opening: path)
    let kernel = try read.root.dataset(at: "model_weights/conv/kernel:0")
    #expect(kernel.shape == [2, 1, 4])
    #expect(kernel.path == "/model_weights/conv/kernel:0")
    #expect(kernel.elementKind == .float(bits: 32))
    #expect(kernel.byteOrder == .littleEndian)
    #expect(try kernel.readFloats().map(\.bitPattern) == numbers.map(\.bitPattern))
    #expect(try read.root.dataset(at: "scalar").shape == [])
    #expect(try read.root.dataset(at: "scalar").readFloats() == [7])
    #expect(try read.root.dataset(at: "nothing").shape == [0, 3])
    #expect(try read.root.dataset(at: "nothing").readFloats() == [])
    #expect(try read.root.dataset(at: "steps").readIntegers() == [.min, 0, .max])
    #expect(try read.root.dataset(at: "labels").readIntegers() == [Int64(Int32.min), -1, Int64(Int32.max), 5])
    #expect(try read.root.dataset(at: "labels").elementKind == .integer(bits: 32, isSigned: true))
    #expect(try read.root.dataset(at: "labels").readFloats() == [-0x1p31, -1, 0x1p31, 5])
    #expect(try read.root.dataset(at: "paths").readStrings() == ["a/b.png", "", "Äpfel.jpg"])
  }

  @Test("Numbers are read into the caller's memory, and written from it")
  func callersMemory() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    let file = try HDF5File(creating: path)
    try unsafe numbers.withUnsafeBufferPointer { buffer in
      _ = try unsafe file.root.writeDataset("x", floats: buffer, shape: [8])
    }
    try file.close()
    let dataset = try HDF5File(opening: path).root.dataset(at: "x")
    var values = [Float](repeating: .nan, count: 8)
    try unsafe values.withUnsafeMutableBufferPointer { try unsafe dataset.readFloats(into: $0) }
    #expect(values == numbers)
    var tooFew = [Float](repeating: 0, count: 7)
    #expect(throws: HDF5Error.self) {
      try unsafe tooFew.withUnsafeMutableBufferPointer { try unsafe dataset.readFloats(into: $0) }
    }
  }

  @Test(
    "Attributes keep their values",
    arguments: [
      AttributeValue.string("tensorflow"), .string(""), .string("größer"),
      .strings(["conv1", "bn", "a longer name"], shape: [3]), .strings(["a", "b"], shape: [1, 2]),
      .strings([], shape: [0]),
      .integers([-5], shape: []), .integers([1, 2, 3, 4], shape: [2, 2]), .floats([0.1], shape: []),
      .floats([], shape: [0]),
    ])
  func attributes(_ value: AttributeValue) throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    let file = try HDF5File(creating: path)
    let group = try file.root.createGroup(at: "g")
    try group.attributes.write("x", integer: 1)
    try group.attributes.write("x", value)
    try group.attributes.write("another", string: "y")
    try file.root.writeDataset("d", floats: [1], shape: [1]).attributes.write("x", value)
    try file.close()

    let read = try HDF5File(opening: path)
    #expect(try read.root.group(at: "g").attributes["x"] == value)
    #expect(try read.root.dataset(at: "d").attributes["x"] == value)
    #expect(try read.root.group(at: "g").attributes.names() == ["another", "x"])
    #expect(try read.root.group(at: "g").attributes["no such"] == nil)
  }

  @Test(
    "Every stored number format becomes the same floats", arguments: FloatFormat.allCases,
    [ByteOrder.littleEndian, .bigEndian])
  func formats(_ format: FloatFormat, _ order: ByteOrder) throws {
    let folder = try TemporaryFolder()
    let values: [Float] = [0, 1, -2.5, 0.15625, 1024]  // exact in every format
    for packing in 0..<3 {
      var storage = DatasetStorage()
      storage.format = format
      storage.byteOrder = order
      if packing > 0 { storage.chunk = [2] }
      if packing > 1 {
        storage.shuffles = true
        storage.gzipLevel = 4
        storage.hasChecksum = true
      }
      let path = folder.path("\(packing).h5")
      let file = try HDF5File(creating: path)
      try file.root.writeDataset("x", floats: values, shape: [5], storage: storage)
      try file.close()
      let dataset = try HDF5File(opening: path).root.dataset(at: "x")
      #expect(dataset.byteOrder == order)
      #expect(
        dataset.elementKind
          == [
            .float16: .float(bits: 16), .bfloat16: .bfloat16, .float32: .float(bits: 32), .float64: .float(bits: 64),
          ][format])
      #expect(try dataset.readFloats() == values)
    }
  }

  @Test("Groups list their children in the order of the names, and are found by path")
  func groups() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    let file = try HDF5File(creating: path)
    try file.root.createGroup(at: "b/fire2/squeeze1x1")
    try file.root.createGroup(at: "b/fire2")
    try file.root.group(at: "b").writeDataset("a", floats: [1], shape: [1])
    try file.root.createGroup(at: "c")
    try file.root.createGroup(at: "a")
    try file.close()
    let root = try HDF5File(opening: path).root
    #expect(try root.children().map(\.name) == ["a", "b", "c"])
    let children = try root.group(at: "/b/").children()
    #expect(children.map(\.name) == ["a", "fire2"])
    #expect(children.map(\.kind) == [.dataset, .group])
    #expect(try root.group(at: "b/fire2").group(at: "squeeze1x1").path == "/b/fire2/squeeze1x1")
    #expect(try root.contains("b/fire2/squeeze1x1"))
    #expect(try !root.contains("b/fire3/squeeze1x1"))
    #expect(try !root.contains("b/a/kernel"))
  }

  @Test("A single text may be longer than an attribute, as models' configurations are")
  func longText() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    let text = (0..<50_000).map { "layer \($0)" }.joined(separator: "\n")
    let file = try HDF5File(creating: path)
    try file.root.attributes.write("model_config", string: text)
    try file.close()
    let read = try HDF5File(opening: path)
    #expect(try read.root.attributes["model_config"]?.string == text)
  }

  @Test("An attribute may be as long as Keras makes them, 64,512 bytes")
  func longestAttribute() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    let names = (0..<1008).map { String(repeating: "n", count: 60) + String(1000 + $0) }
    let file = try HDF5File(creating: path)
    try file.root.attributes.write("layer_names", strings: names)
    try file.close()
    let read = try HDF5File(opening: path)
    #expect(try read.root.attributes["layer_names"]?.strings == names)
  }

  @Test("A thousand layers' names fit, and are found")
  func manyGroups() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    let names = (0..<1000).map { "layer_\(1000 + $0)" }
    let file = try HDF5File(creating: path)
    for name in names.shuffled() {
      try file.root.writeDataset("\(name)/kernel", floats: [1], shape: [1])
    }
    try file.root.attributes.write("layer_names", strings: names)
    try file.close()
    let root = try HDF5File(opening: path).root
    #expect(try root.children().map(\.name) == names)
    #expect(try root.attributes["layer_names"]?.strings == names)
  }

  @Test("Equal content makes equal bytes")
  func deterministic() throws {
    let folder = try TemporaryFolder()
    for name in ["a.h5", "b.h5"] {
      let file = try HDF5File(creating: folder.path(name))
      try file.root.attributes.write("keras_version", string: "3.0")
      try file.root.writeDataset("g/x", floats: numbers, shape: [8]).attributes.write("names", strings: ["a", "bc"])
      try file.close()
      if name == "a.h5" { Thread.sleep(forTimeInterval: 1.1) }  // object times would count seconds
    }
    #expect(
      try Data(contentsOf: URL(filePath: folder.path("a.h5"))) == Data(contentsOf: URL(filePath: folder.path("b.h5"))))
  }

  @Test("Many threads may read at once")
  func threads() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.h5")
    let file = try HDF5File(creating: path)
    for index in 0..<8 {
      try file.root.writeDataset("x\(index)", floats: Array(repeating: Float(index), count: 100), shape: [100])
    }
    try file.close()
    let root = try HDF5File(opening: path).root
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<64 {
        group.addTask {
          let values = try root.dataset(at: "x\(task % 8)").readFloats()
          #expect(values == Array(repeating: Float(task % 8), count: 100))
        }
      }
      try await group.waitForAll()
    }
  }
}
