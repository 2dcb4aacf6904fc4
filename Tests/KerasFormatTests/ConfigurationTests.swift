import JSON
import KerasFormat
import Kernels
import Layers
import Tensors
import Testing

private typealias Config = KerasConfig

@Suite("Keras' descriptions of models")
struct ConfigurationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes a fixture and reads it.
  private func read(_ fixture: KerasFixture) throws -> Model {
    try fixture.write(to: folder.path("model.h5"))
    return try SavedModel.reading(folder.path("model.h5")).saved.model
  }

  @Test("All unknown layers are named at once, those in nested models too, and no code is run")
  func unknownLayers() throws {
    let inner = Config.model("Sequential", "inner", [Config.layer("Lambda", "code"), Config.layer("Flatten", "flat")])
    var fixture = KerasFixture()
    fixture.config = Config.model(
      "Sequential", "outer", [Config.input("in", [4, 4, 1]), Config.layer("Custom>Magic", "magic"), inner])
    let error = try #require(throws: KerasError.self) { try read(fixture) }
    #expect(error.kind == .unsupported)
    #expect(error.problem == "has layers that are not supported: Custom>Magic (\"magic\"), Lambda (\"code\")")
    #expect(error.remedy?.contains("never run") == true)
  }

  @Test("A setting that a layer cannot take is named with its layer")
  func badSetting() throws {
    var fixture = KerasFixture()
    fixture.config = Config.model(
      "Sequential", "m", [Config.input("in", [4]), Config.layer("Dense", "wide", ["units": -3])])
    let error = try #require(throws: KerasError.self) { try read(fixture) }
    #expect(error.place == "layer \"wide\" (Dense)")
    #expect(error.problem.contains("units"))
  }

  @Test("hard_sigmoid is 0.2x + 0.5 in a file of Keras 2, relu6(x + 3) / 6 in one of Keras 3", arguments: [2, 3])
  func hardSigmoid(_ version: Int) throws {
    var fixture = KerasFixture(version: "\(version).4.0")
    fixture.config = Config.model(
      "Sequential", "m", [Config.input("in", [1]), Config.layer("Activation", "a", ["activation": "hard_sigmoid"])])
    fixture.layers = [("a", [])]
    let output = try read(fixture)(Tensor([1, 1], [1]), on: Device(threads: 1))[0].scalar
    #expect(abs(output - (version == 2 ? 0.7 : 4.0 / 6)) < 1e-6)
  }

  @Test("Keras 3's args with keras_history give the same graph as Keras 2's lists")
  func history() throws {
    func tensor(_ name: String) -> JSONValue {
      ["class_name": "__keras_tensor__", "config": ["shape": [nil, 2], "keras_history": [.string(name), 0, 0]]]
    }
    func add(_ nodes: JSONValue) -> JSONValue {
      ["class_name": "Add", "name": "add", "config": ["name": "add"], "inbound_nodes": nodes]
    }
    func file(_ input: JSONValue, _ add: JSONValue, _ dense: JSONValue, _ ends: (JSONValue, JSONValue)) -> KerasFixture
    {
      var fixture = KerasFixture()
      fixture.config = Config.model("Functional", "m", [input, dense, add], inputs: ends.0, outputs: ends.1)
      fixture.layers = [("d", [.init("d/kernel:0", [2, 2], [1, 2, 3, 4]), .init("d/bias:0", [2], [5, 6])])]
      return fixture
    }
    let dense = Config.dense("d", 2, on: "in")
    let old = file(
      Config.input("in", [2]), add([[["in", 0, 0, [:]], ["d", 0, 0, [:]]]]), dense,
      ([["in", 0, 0]], [["add", 0, 0]]))
    let input: JSONValue = [
      "class_name": "InputLayer", "name": "in", "config": ["name": "in", "batch_shape": [nil, 2]], "inbound_nodes": [],
    ]
    let newDense: JSONValue = [
      "class_name": "Dense", "name": "d",
      "config": ["name": "d", "units": 2, "dtype": ["class_name": "DTypePolicy", "config": ["name": "float32"]]],
      "inbound_nodes": [["args": [tensor("in")], "kwargs": ["mask": nil]]],
    ]
    let new = file(
      input, add([["args": [[tensor("in"), tensor("d")]], "kwargs": [:]]]), newDense, (["in", 0, 0], ["add", 0, 0]))
    #expect(try read(old).containers == read(new).containers)
    // in + (in · kernel + bias)
    #expect(try read(new)(Tensor([1, 2], [1, 1]), on: Device(threads: 1))[0].elements == [10, 13])
  }

  @Test("A nested model's calls count from 1 in Keras 2, from 0 in Keras 3", arguments: [0, 1])
  func nestedCalls(_ first: Int) throws {
    var inner =
      Config.model(
        "Functional", "base", [Config.input("bi", [1]), Config.dense("d", 1, on: "bi")], inputs: [["bi", 0, 0]],
        outputs: [["d", 0, 0]]
      ).objectValue ?? [:]
    inner["name"] = "base"
    inner["inbound_nodes"] = [[["a", 0, 0, [:]]], [["b", 0, 0, [:]]]]
    let concatenate: JSONValue = [
      "class_name": "Concatenate", "name": "c", "config": ["name": "c", "axis": -1],
      "inbound_nodes": [[["base", .integer(first + 1), 0, [:]], ["base", .integer(first), 0, [:]]]],
    ]
    var fixture = KerasFixture()
    fixture.config = Config.model(
      "Functional", "m", [Config.input("a", [1]), Config.input("b", [1]), .object(inner), concatenate],
      inputs: [["a", 0, 0], ["b", 0, 0]], outputs: [["c", 0, 0]])
    fixture.layers = [("base", [.init("d/kernel:0", [1, 1], [2]), .init("d/bias:0", [1], [1])]), ("c", [])]
    let model = try read(fixture)
    #expect(try model(Tensor([1, 1], [10]), Tensor([1, 1], [20]), on: Device(threads: 1))[0].elements == [41, 21])
  }

  @Test("A sequential model is a list, or an object, with or without an input layer", arguments: [false, true])
  func sequentialForms(_ isList: Bool) throws {
    let dense = Config.layer("Dense", "d", ["units": 1, "batch_input_shape": [nil, 2]])
    var fixture = KerasFixture()
    fixture.config =
      isList ? ["class_name": "Sequential", "config": [dense]] : Config.model("Sequential", "s", [dense])
    fixture.layers = [("d", [.init("d/kernel:0", [2, 1], [1, 2]), .init("d/bias:0", [1], [3])])]
    let model = try read(fixture)
    #expect(model.inputs.map(\.name) == ["d_input"])
    #expect(try model(Tensor([1, 2], [10, 100]), on: Device(threads: 1))[0].elements == [213])
  }

  @Test("A model that is not trainable freezes everything inside it; a layer only itself")
  func trainable() throws {
    var inner = Config.model("Sequential", "base", [Config.layer("Dense", "d1", ["units": 1, "trainable": true])])
    if case .object(var members) = inner, case .object(var settings) = members["config"] ?? nil {
      settings["trainable"] = false
      members["config"] = .object(settings)
      inner = .object(members)
    }
    var fixture = KerasFixture()
    fixture.config = Config.model(
      "Sequential", "m",
      [
        Config.input("in", [1]), inner, Config.layer("Dense", "d2", ["units": 1, "trainable": false]),
        Config.layer("Dense", "d3", ["units": 1]),
      ])
    fixture.layers = ["d1", "d2", "d3"].map { name in
      (name == "d1" ? "base" : name, [.init("\(name)/kernel:0", [1, 1], [1]), .init("\(name)/bias:0", [1], [0])])
    }
    #expect(try read(fixture).instances.map(\.isFrozen) == [true, true, false])
  }

  @Test("A graph that refers to a layer that is not there, or to itself, is refused", arguments: ["ghost", "loop"])
  func brokenGraphs(_ kind: String) throws {
    var fixture = KerasFixture()
    let source = kind == "ghost" ? "nobody" : "b"
    fixture.config = Config.model(
      "Functional", "m", [Config.input("in", [1]), Config.dense("a", 1, on: source), Config.dense("b", 1, on: "a")],
      inputs: [["in", 0, 0]], outputs: [["b", 0, 0]])
    #expect(throws: KerasError.self) { try read(fixture) }
  }
}
