import Foundation
import HDF5
import JSON
import KerasFormat
import Kernels
import Layers
import Tensors
import Testing

@Suite("Files that are written here")
struct WritingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Nested, shared, frozen in part, with a slash in a name and two outputs.
  private func model() throws -> Model {
    var inner = ModelBuilder(name: "base")
    let image = inner.input([6, 6, 2], name: "image")
    inner.group = "stem"
    var value = inner(Conv2D(filters: 2, kernelSize: Size(3, 3), activation: .relu), name: "fire/conv", on: image)
    inner.group = nil
    value = inner(BatchNormalization(epsilon: 1.001e-5), name: "bn", on: value)
    let base = try inner.model(inputs: [image], outputs: [value], seed: 3)

    var outer = ModelBuilder(name: "pair")
    let left = outer.input([6, 6, 2], name: "left")
    let right = outer.input([6, 6, 2], name: "right")
    let features = outer(base, on: left)[0]
    let others = outer.call("base", on: right)[0]
    outer.section = .head
    let sum = outer(Add(), name: "sum", on: features, others)
    let pooled = outer(GlobalAveragePooling2D(), on: sum)
    let classes = outer(Dense(units: 3, activation: .softmax), name: "classes", on: pooled)
    var model = try outer.model(inputs: [left, right], outputs: [classes, others], seed: 4)
    try model.freeze(.group("stem"))
    return model
  }

  private var saved: SavedModel {
    get throws {
      SavedModel(
        model: try model(), preprocessing: .tf, labels: ["ant", "bee", "wasp \"ü\""], inputSize: Size(6, 6),
        architecture: "Pair", metadata: ["phase": "head", "epoch": 3])
    }
  }

  @Test("What is read again is what was written, to the last bit")
  func roundTrip() throws {
    let saved = try saved
    let notes = try KerasWriter.write(saved, to: folder.path("m.h5"))
    let (again, report) = try SavedModel.reading(folder.path("m.h5"))
    #expect(notes.count == 1 && notes[0].contains("fire/conv → fire_conv"))
    #expect(report.method == .byName)
    #expect(again.model.containers == saved.model.containers)
    #expect(again.model.nodes == saved.model.nodes)
    #expect(again.model.parameters.map(\.path) == saved.model.parameters.map(\.path))
    #expect(again.model.parameters.map(\.value) == saved.model.parameters.map(\.value))
    #expect(again.model.instances.map(\.layer.config) == saved.model.instances.map(\.layer.config))
    #expect(again.model.instances.map(\.isFrozen) == [true, false, false, false, false])
    #expect(again.model.instances.map(\.group) == ["stem", nil, nil, nil, nil])
    #expect(again.model.instances.map(\.section) == [.backbone, .backbone, .head, .head, .head])
    #expect(again.preprocessing == .tf)
    #expect(again.labels == saved.labels)
    #expect(again.inputSize == Size(6, 6))
    #expect(again.architecture == "Pair")
    #expect(again.metadata == saved.metadata)
  }

  @Test("Equal models make equal files, and nothing is left beside them")
  func deterministic() throws {
    let saved = try saved
    try KerasWriter.write(saved, to: folder.path("a.h5"))
    try KerasWriter.write(saved, to: folder.path("b.h5"))
    try KerasWriter.write(saved, to: folder.path("b.h5"))
    #expect(
      try Data(contentsOf: folder.url.appending(path: "a.h5")) == Data(contentsOf: folder.url.appending(path: "b.h5")))
    #expect(try folder.names == ["a.h5", "b.h5"])
  }

  @Test("A model that cannot be written leaves the old file, and says where the trouble is")
  func failure() throws {
    let error = try #require(throws: KerasError.self) {
      try KerasWriter.write(try saved, to: folder.path("no/such/folder/m.h5"))
    }
    #expect(error.kind == .cannotWrite)
    #expect(error.file == folder.path("no/such/folder/m.h5"))

    let old = try folder.write(Array("old".utf8), to: "m.h5")
    let model = try Model(
      sequential: "m", inputShape: [1], [("a", Activation(.gelu(approximate: true)))], seed: 1)
    #expect(throws: KerasError.self) { try KerasWriter.write(SavedModel(model: model), to: old) }
    #expect(try Data(contentsOf: URL(filePath: old)) == Data("old".utf8))
    #expect(try folder.names == ["m.h5"])
  }

  @Test("Numbers in the configuration are the shortest that mean the same Float")
  func shortNumbers() throws {
    try KerasWriter.write(try saved, to: folder.path("m.h5"))
    let file = try HDF5File(opening: folder.path("m.h5"))
    let text = try #require(try file.root.attributes["model_config"]?.string)
    #expect(text.contains("\"epsilon\": 1.001e-05"))
    #expect(text.contains("\"momentum\": 0.99,"))
    #expect(!text.contains("training_config"))
  }

  @Test("A nested model's tensors stand in Keras' order: trainable ones first, then the others")
  func nestedOrder() throws {
    try KerasWriter.write(try saved, to: folder.path("m.h5"))
    let file = try KerasFile(opening: folder.path("m.h5"))
    let base = try #require(file.layers.first { $0.name == "base" })
    // fire/conv is frozen.
    #expect(
      base.tensors.map(\.name) == [
        "base/bn/gamma:0", "base/bn/beta:0", "base/fire_conv/kernel:0", "base/fire_conv/bias:0",
        "base/bn/moving_mean:0", "base/bn/moving_variance:0",
      ])
  }

  @Test("Layers stand in the order in which Keras lists them, which is not that of their making")
  func layerOrder() throws {
    // Measured with Keras 3.15 (KERAS experiment E2): a residual block whose shortcut was made second.
    var graph = ModelBuilder(name: "residual")
    let input = graph.input([2], name: "inp")
    let a0 = graph(Dense(units: 2), name: "a0", on: input)
    let short = graph(Dense(units: 2), name: "short", on: input)
    let a1 = graph(Dense(units: 2), name: "a1", on: a0)
    let a2 = graph(Dense(units: 2), name: "a2", on: a1)
    let sum = graph(Add(), name: "add", on: short, a2)
    let model = try graph.model(inputs: [input], outputs: [sum], seed: 1)
    try KerasWriter.write(SavedModel(model: model), to: folder.path("m.h5"))
    #expect(
      try KerasFile(opening: folder.path("m.h5")).layers.map(\.name) == ["inp", "a0", "a1", "short", "a2", "add"])
  }

  @Test("Lists of names too long for one attribute are split as Keras splits them")
  func chunks() throws {
    // Measured with Keras 3.15: 2000 names of 71 bytes make parts of 667, 667 and 666.
    let names = (0..<1999).map { index in "layer_\(index)_".padding(toLength: 71, withPad: "x", startingAt: 0) }
    let model = try Model(sequential: "long", inputShape: [1], names.map { ($0, Activation(.linear)) }, seed: 1)
    try KerasWriter.writeWeights(model, to: folder.path("w.h5"))
    let file = try HDF5File(opening: folder.path("w.h5"))
    let attributes = file.root.attributes
    #expect(try attributes["layer_names"] == nil)
    #expect(try (0..<3).map { try attributes["layer_names\($0)"]?.strings?.count } == [667, 667, 666])
    #expect(try KerasFile(opening: folder.path("w.h5")).layers.map(\.name).dropFirst() == names[...])
  }

  @Test("Weights alone go into another model of the same layers")
  func weightsOnly() throws {
    let saved = try saved
    try KerasWriter.writeWeights(saved.model, to: folder.path("w.h5"))
    var other = try model()
    for selector in [LayerSelector.all] { try other.unfreeze(selector) }
    let file = try KerasFile(opening: folder.path("w.h5"))
    #expect(file.content == .weights)
    let report = try other.loadWeights(from: file)
    #expect(report.entries.count == saved.model.parameters.count)
    #expect(other.parameters.map(\.value) == saved.model.parameters.map(\.value))
  }
}
