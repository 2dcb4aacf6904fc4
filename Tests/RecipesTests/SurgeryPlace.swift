import Images
import JSON
import KerasFormat
import Kernels
import Layers
import Recipes
import Tensors
import TestSupport
import Testing

/// A model of three classes with a model inside, in a file of its own, and pictures of two classes.
struct SurgeryPlace {
  let pictures: StripedPictures
  let file = TemporaryFolder.path("pretrained.h5")
  let model: Model

  init(perClass: Int = 8, channels: Int = 3, preprocessing: Preprocessing? = .unit, labels: [String]? = nil) throws {
    pictures = try StripedPictures(perClass: perClass)
    var inner = ModelBuilder(name: "base")
    let x = inner.input([12, 12, channels], name: "inside")
    let first = inner(Conv2D(filters: 4, kernelSize: Size(3, 3), activation: .relu), name: "first", on: x)
    let second = inner(Conv2D(filters: 6, kernelSize: Size(3, 3), activation: .relu), name: "second", on: first)
    let base = try inner.model(inputs: [x], outputs: [second], seed: 1)
    var graph = ModelBuilder(name: "whole")
    let picture = graph.input([12, 12, channels], name: "picture")
    let pooled = graph(GlobalAveragePooling2D(), name: "pool", on: graph(base, on: picture)[0])
    let classes = graph(Dense(units: 3, activation: .softmax), name: "classes", on: pooled)
    model = try graph.model(inputs: [picture], outputs: [classes], seed: 2)
    try KerasWriter.write(
      SavedModel(model: model, preprocessing: preprocessing, labels: labels ?? ["other", "down", "across"]), to: file)
  }

  func recipe(_ model: JSONValue, task: String = "classification") throws -> Recipe {
    var settings: OrderedDictionary<String, JSONValue> = ["file": .string(file)]
    for (key, value) in model.objectValue ?? [:] { settings[key] = value }
    if settings["architecture"] != nil { settings["file"] = nil }
    let value: JSONValue = [
      "seed": 5, "model": .object(settings),
      "data": ["train": .string(pictures.folder), "validation": ["fraction": 0.25], "batch_size": 8],
      "phases": [["epochs": 2, "optimizer": ["name": "adam", "learning_rate": 0.01]]],
      "output": .string(TemporaryFolder.path("run")),
    ]
    return try Recipe(value, file: "r.json", folder: pictures.folder)
  }

  func plan(_ model: JSONValue) throws -> Plan {
    let recipe = try recipe(model)
    // What was filled in reads back the same.
    #expect(try Recipe(recipe.json, file: "r.json", folder: pictures.folder).json == recipe.json)
    return try Plan(recipe)
  }

  func failure(_ model: JSONValue) -> String {
    do { _ = try plan(model) } catch { return "\(error)" }
    return "no error"
  }
}

extension Model {
  /// The numbers of a parameter.
  func value(_ path: String) throws -> Tensor { try #require(parameters.first { $0.path == path }).value }
}

extension Plan {
  /// Where the model's layers are.
  var layerPaths: [String] { model.instances.map(\.path) }
}
