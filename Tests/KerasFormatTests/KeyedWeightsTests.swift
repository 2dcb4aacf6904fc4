import Foundation
import HDF5
import JSON
import KerasFormat
import Layers
import Tensors
import Testing

@Suite("Weights by class and number, Keras 3's layout")
struct KeyedWeightsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Two branches that are joined in an order of choice. Keras 3 numbers them in that order.
  private func fork(_ order: [String]) throws -> Model {
    var graph = ModelBuilder(name: "fork")
    let input = graph.input([2], name: "in")
    let p = graph(Dense(units: 2), name: "p", on: input)
    let q = graph(Dense(units: 2), name: "q", on: input)
    let both = graph(Concatenate(), name: "both", on: order.map { $0 == "p" ? p : q })
    return try graph.model(inputs: [input], outputs: [both], seed: 1)
  }

  /// Writes layers as `path: (name, numbers that fill its tensors)`; a kernel of [2, 2] and a bias of [2] each.
  private func file(
    _ layers: [(path: String, name: String?, value: Float)], as name: String = "w.weights.h5"
  ) throws -> KerasFile {
    let path = folder.path(name)
    let file = try HDF5File(creating: path)
    for (place, name, value) in layers {
      let group = try file.root.createGroup(at: place + "/vars")
      if let name { try group.attributes.write("name", string: name) }
      try group.writeDataset("0", floats: Array(repeating: value, count: 4), shape: [2, 2])
      try group.writeDataset("1", floats: [value, value], shape: [2])
    }
    try file.close()
    return try KerasFile(opening: path)
  }

  @Test("Branches that the file numbers in the other order are told apart by the names in it")
  func swappedBranches() throws {
    try KerasWriter.writeWeights(try fork(["p", "q"]), to: folder.path("pq.weights.h5"), format: .weightsH5)
    var model = try fork(["q", "p"])
    let report = try model.loadWeights(from: try KerasFile(opening: folder.path("pq.weights.h5")))
    let expected = try fork(["p", "q"])
    #expect(report.method == .byName)
    for path in ["p/kernel", "q/kernel"] { #expect(model.value(path) == expected.value(path)) }
  }

  @Test("Without names classes and their order decide, and the report says so; asked for names, the file is refused")
  func withoutNames() throws {
    let file = try file([("layers/dense", nil, 1), ("layers/dense_1", nil, 2)])
    var model = try fork(["q", "p"])
    let report = try model.loadWeights(from: file)
    #expect(report.method == .byKey)
    #expect(report.notes.contains { $0.contains("by class and order") })
    #expect(model.value("q/kernel")?.elements.first == 1)
    #expect(model.value("p/kernel")?.elements.first == 2)
    #expect(throws: KerasError.self) { try model.loadWeights(from: file, method: .byName) }
  }

  @Test("Automatic names of another session give way to classes and order; a chosen name that is not there does not")
  func automaticNames() throws {
    var model = try fork(["p", "q"])
    try model.loadWeights(from: try file([("layers/dense", "dense_7", 1), ("layers/dense_1", "dense_8", 2)]))
    #expect(model.value("q/kernel")?.elements.first == 2)
    let other = try file([("layers/dense", "p", 1), ("layers/dense_1", "somebody", 2)])
    let error = try #require(throws: KerasError.self) { try model.loadWeights(from: other) }
    #expect(error.kind == .mismatch)
    #expect(error.problem.contains("somebody"))
  }

  @Test("tf.keras' early group, and paths that Windows wrote as one name, are read", arguments: ["/", "\\"])
  func earlyForms(_ separator: String) throws {
    let group = "_layer_checkpoint_dependencies"
    let file = try file([("\(group)\(separator)dense", nil, 1), ("\(group)\(separator)dense_1", nil, 2)])
    #expect(file.oddities.contains { $0.contains("tf.keras 2.12") })
    var model = try fork(["p", "q"])
    try model.loadWeights(from: file)
    #expect(["p", "q"].map { model.value("\($0)/bias")?.elements } == [[1, 1], [2, 2]])
  }

  @Test("A top that the file has and the model has not counts among those of its class")
  func layout() throws {
    func chain(_ names: [String]) throws -> Model {
      try Model(sequential: "m", inputShape: [2], names.map { ($0, Dense(units: 2)) }, seed: 1)
    }
    let file = try file([("layers/dense", nil, 1), ("layers/dense_1", nil, 2), ("layers/dense_2", nil, 3)])
    var model = try chain(["a", "b"])
    #expect(throws: KerasError.self) { try model.loadWeights(from: file, allowUnused: ["top"]) }
    try model.loadWeights(from: file, allowUnused: ["top"], layout: try chain(["a", "b", "top"]))
    #expect(model.value("b/kernel")?.elements.first == 2)
  }

  @Test(
    "A gap in the numbers, a link, and a circle of depth are errors", arguments: ["gap", "link", "external", "deep"])
  func unsound(_ trouble: String) throws {
    let path = folder.path("odd.weights.h5")
    let file = try HDF5File(creating: path)
    let group = try file.root.createGroup(at: "layers/dense/vars")
    switch trouble {
    case "gap":
      try group.writeDataset("0", floats: [1], shape: [1])
      try group.writeDataset("2", floats: [1], shape: [1])
    case "link": try group.createSoftLink("0", to: "/elsewhere")
    case "external": try group.createExternalLink("0", to: "/x", inFile: "other.h5")
    default: try file.root.createGroup(at: String(repeating: "layers/dense/", count: 40))
    }
    try file.close()
    let error = try #require(throws: KerasError.self) { try KerasFile(opening: path) }
    #expect(error.kind == .damaged || error.kind == .unsupported)
  }

  @Test("Weights in shards are those of one file; a shard that leads elsewhere is refused")
  func shards() throws {
    let model = try fork(["p", "q"])
    try KerasWriter.writeWeights(model, to: folder.path("m.weights.json"), format: .weightsJSON, shardByteLimit: 20)
    #expect(try folder.names.count == 5)
    var other = try fork(["p", "q"])
    other = try Model(
      sequential: "fresh", inputShape: [2], [("p", Dense(units: 2)), ("q", Dense(units: 2))], seed: 9)
    let file = try KerasFile(opening: folder.path("m.weights.json"))
    #expect(file.format == .weightsJSON)
    try other.loadWeights(from: file)
    #expect(other.parameters.map(\.value) == model.parameters.map(\.value))
    for name in ["../m_00000.weights.h5", "/etc/passwd", ".."] {
      let text = "{\"weight_map\": {\"/layers/dense/vars\": \"\(name)\"}}"
      let path = try folder.write(Array(text.utf8), to: "evil.weights.json")
      #expect(try #require(throws: KerasError.self) { try KerasFile(opening: path) }.kind == .damaged)
    }
  }

  @Test("A tensor that declares more numbers than any memory holds is refused before there is room for it")
  func shapeBomb() throws {
    _ = try file([("layers/dense", "p", 1)])
    let path = folder.path("w.weights.h5")
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    // Of the kernel, [2, 2]; the largest that it may have follow.
    let extents: [UInt8] = [2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
    let start = try #require(bytes.indices.dropLast(32).first { Array(bytes[$0..<$0 + 32]) == extents + extents })
    for place in [start + 5, start + 21] { bytes[place] = 1 }  // 2^40 + 2
    try Data(bytes).write(to: URL(filePath: path))
    let tensors = try KerasFile(opening: path).layers.flatMap(\.tensors)
    let kernel = try #require(tensors.first { $0.shape.rank == 2 })
    #expect(throws: KerasError.self) { try kernel.read() }
  }

  @Test("bfloat16, which HDF5 does not know, is read exactly")
  func bfloat16() throws {
    // 1.5 and -2 in bfloat16 are the upper halves of 0x3FC00000 and 0xC0000000.
    let tensor = StoredTensor(
      name: "0", path: "/0", storedAs: "bfloat16", value: Tensor([2], [1.5, -2]), file: "none")
    #expect(try tensor.read().elements == [1.5, -2])
    #expect(tensor.storedAs == "bfloat16")
  }
}
