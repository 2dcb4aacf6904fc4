import Foundation
import HDF5
import JSON
import KerasFormat
import Kernels
import Layers
import Tensors
import Testing
import Zip

@Suite("Keras 3's archives, and all formats against each other")
struct ArchiveTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A model in a model, called twice, with a slash in a name and with batch normalisation.
  private func model(frozen: [LayerSelector] = []) throws -> Model {
    var inner = ModelBuilder(name: "base")
    let image = inner.input([6, 6, 2], name: "image")
    var value = inner(Conv2D(filters: 2, kernelSize: Size(3, 3), padding: .same), name: "fire/conv", on: image)
    value = inner(BatchNormalization(), name: "b1", on: value)
    value = inner(Conv2D(filters: 2, kernelSize: Size(3, 3), padding: .same), name: "c2", on: value)
    value = inner(BatchNormalization(), name: "b2", on: value)
    let base = try inner.model(inputs: [image], outputs: [value], seed: 3)
    var outer = ModelBuilder(name: "whole")
    let input = outer.input([6, 6, 2], name: "in")
    var features = outer(base, on: input)[0]
    features = outer.call("base", on: features)[0]
    let pooled = outer(GlobalAveragePooling2D(), name: "pool", on: features)
    outer.section = .head
    let classes = outer(Dense(units: 3, activation: .softmax), name: "classes", on: pooled)
    var model = try outer.model(inputs: [input], outputs: [classes], seed: 4)
    for selector in frozen { try model.freeze(selector) }
    return model
  }

  private func training(_ model: Model) -> SavedTraining {
    var training = SavedTraining(
      optimizer: "Adam", config: ["learning_rate": 0.25, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7],
      loss: "categorical_crossentropy", iterations: 12)
    for (index, parameter) in model.parameters.enumerated()
    where parameter.role == .weight && !model.frozenParameters.contains(index) {
      training.slots[parameter.path] = [
        "momentum": Tensor(repeating: Float(index), parameter.shape),
        "velocity": Tensor(repeating: Float(index) + 0.5, parameter.shape),
      ]
    }
    return training
  }

  private static let freezing: [[LayerSelector]] = [[], [.matching("base/**")], [.matching("base/fire/conv")]]

  @Test("Every format gives back what was put in, whatever was frozen", arguments: KerasFileFormat.allCases, 0..<3)
  func roundTrip(_ format: KerasFileFormat, _ freezing: Int) throws {
    let model = try model(frozen: Self.freezing[freezing])
    let saved = SavedModel(
      model: model, preprocessing: .tf, labels: ["ant", "bee", "ü"], inputSize: Size(6, 6), architecture: "Pair",
      metadata: ["recipe": "1234", "interpolation": "area"], training: training(model))
    // A name that says nothing: the content does.
    let path = folder.path("file")
    try KerasWriter.write(saved, to: path, format: format)
    let file = try KerasFile(opening: path)
    #expect(file.format == format)
    if format.holdsWeightsAlone {
      // Nothing is frozen where it goes: the order of a nested model's tensors must not depend on that.
      var other = try self.model()
      for index in other.parameters.indices {
        other.parameters[index].value = Tensor(repeating: 0, other.parameters[index].shape)
      }
      let report = try other.loadWeights(from: file)
      #expect(report.method == .byName)
      #expect(report.entries.count == model.parameters.count)
      #expect(other.parameters.map(\.value) == model.parameters.map(\.value))
      return
    }
    let (again, report) = try file.savedModel(withTraining: true)
    #expect(report.method == .byName)
    #expect(again.model.containers == model.containers)
    #expect(again.model.parameters.map(\.path) == model.parameters.map(\.path))
    #expect(again.model.parameters.map(\.value) == model.parameters.map(\.value))
    #expect(again.model.instances.map(\.isFrozen) == model.instances.map(\.isFrozen))
    #expect(again.model.instances.map(\.section) == model.instances.map(\.section))
    #expect(again.labels == saved.labels)
    #expect(again.preprocessing == .tf)
    #expect(again.inputSize == Size(6, 6))
    #expect(again.architecture == "Pair")
    #expect(again.metadata == saved.metadata)
    let training = try #require(again.training)
    #expect(training.optimizer == "Adam")
    #expect(training.iterations == 12)
    #expect(training.config["learning_rate"]?.doubleValue == 0.25)
    #expect(training.loss == "categorical_crossentropy")
    #expect(training.slots == saved.training?.slots)
  }

  @Test("Equal models make equal archives, and nothing is left beside them")
  func deterministic() throws {
    let saved = SavedModel(model: try model())
    for name in ["a.keras", "b.keras", "b.keras"] {
      try KerasWriter.write(saved, to: folder.path(name), format: .keras)
    }
    let (a, b) = ("a.keras", "b.keras")
    #expect(try Data(contentsOf: folder.url.appending(path: a)) == Data(contentsOf: folder.url.appending(path: b)))
    #expect(try folder.names == [a, b])
    #expect(throws: KerasError.self) {
      try KerasWriter.write(saved, to: folder.path("no/such/m.keras"), format: .keras)
    }
    #expect(try folder.names == [a, b])
  }

  @Test("A file whose name belongs to another format is read, and that is noted")
  func misnamed() throws {
    let saved = SavedModel(model: try model())
    for format in KerasFileFormat.allCases {
      for name in ["m.keras", "m.h5", "m.weights.h5"] where KerasFileFormat(nameOf: name) != format {
        if format == .legacyWeights, name == "m.h5" { continue }
        try KerasWriter.write(saved, to: folder.path(name), format: format)
        let file = try KerasFile(opening: folder.path(name))
        #expect(file.format == format)
        #expect(file.oddities.contains { $0.contains("name is that of a file of another kind") }, "\(format) \(name)")
      }
    }
  }

  @Test("Packed members are read; members that nobody uses are noted; archives of others are named")
  func members() throws {
    try KerasWriter.write(SavedModel(model: try model()), to: folder.path("m.keras"), format: .keras)
    let archive = try ZipArchive(opening: folder.path("m.keras"))
    func rewrite(_ name: String, without left: String? = nil, with extra: String? = nil) throws -> String {
      var writer = try ZipWriter(creating: folder.path(name))
      for member in archive.members where member.name != left {
        try writer.add(member.name, try archive.read(member.name, byteLimit: 1 << 20), method: .deflated)
      }
      if let extra { try writer.add(extra, [1]) }
      try writer.close()
      return folder.path(name)
    }
    let packed = try KerasFile(opening: try rewrite("packed.keras", with: "assets/vocabulary.txt"))
    #expect(packed.oddities == ["members that are not used: assets/vocabulary.txt"])
    #expect(try packed.savedModel().saved.model.parameters.map(\.value) == model().parameters.map(\.value))
    let trouble: [(String, String?, String)] = [
      ("config.json", nil, "not of Keras"), ("model.weights.h5", nil, "has no member model.weights.h5"),
      ("model.weights.h5", "model.weights.npz", "Python objects"),
      ("config.json", "archive/data.pkl", "PyTorch"),
    ]
    for (left, extra, problem) in trouble {
      let path = try rewrite("odd.keras", without: left, with: extra)
      let error = try #require(throws: KerasError.self) { try KerasFile(opening: path) }
      #expect(error.description.contains(problem), "\(error)")
    }
  }

  @Test("The state of an optimizer that does not fit is left out, and that is said")
  func foreignState() throws {
    let model = try model()
    var saved = SavedModel(model: model, training: training(model))
    try KerasWriter.write(saved, to: folder.path("m.keras"), format: .keras)
    let file = try KerasFile(opening: folder.path("m.keras"))
    let smaller = try Model(sequential: "m", inputShape: [2], [("d", Dense(units: 2))], seed: 1)
    let (training, note) = try file.training(for: smaller)
    #expect(training == nil)
    #expect(note?.contains("do not fit 2 trainable parameters") == true)
    saved.training?.optimizer = "Muon"
    #expect(throws: KerasError.self) { try KerasWriter.write(saved, to: folder.path("n.keras"), format: .keras) }
  }
}
