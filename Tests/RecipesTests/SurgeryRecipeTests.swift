import Foundation
import Images
import JSON
import KerasFormat
import Kernels
import Layers
import Recipes
import Tensors
import TestSupport
import Testing
import Training

/// Heads, taps, classes and channels of a pretrained model, as recipes ask for them.
@Suite("Recipes that change a model")
struct SurgeryRecipeTests {
  /// A model of three classes with a model inside, in a file of its own, and pictures of two classes.
  private struct Place {
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

  private func paths(_ plan: Plan) -> [String] { plan.model.instances.map(\.path) }

  private func value(_ path: String, in model: Model) throws -> Tensor {
    try #require(model.parameters.first { $0.path == path }).value
  }

  // MARK: Where the head goes

  @Test("A head replaces a nested model, stands on one, or behind everything; what stays keeps its path")
  func places() throws {
    let place = try Place()
    let head: JSONValue = [["layer": "Flatten"], ["layer": "Dense", "units": "classes", "activation": "softmax"]]
    let replaced = try place.plan(["head": head, "replace_from": "base"])
    #expect(paths(replaced) == ["flatten", "dense"])
    let standing = try place.plan(["head": head, "cut_after": "base"])
    #expect(paths(standing) == ["base/first", "base/second", "flatten", "dense"])
    #expect(standing.model.instances.map(\.section) == [.backbone, .backbone, .head, .head])
    let behind = try place.plan(["head": head])
    #expect(paths(behind) == ["base/first", "base/second", "pool", "classes", "flatten", "dense"])
    let inside = try place.plan(["head": head, "replace_from": "base/second"])
    #expect(paths(inside) == ["first", "flatten", "dense"])
    // Without a head: the task's own.
    let standard = try place.plan(["cut_after": "base/first"])
    #expect(paths(standard) == ["first", "global_average_pooling2d", "dense"])
    #expect(try value("first/kernel", in: standard.model) == value("base/first/kernel", in: place.model))
  }

  @Test("An architecture is cut and tapped like a file")
  func architectures() throws {
    let place = try Place()
    let small: JSONValue = ["architecture": "MobileNet", "alpha": 0.25, "weights": nil, "input_size": [32, 32]]
    var cut = small.objectValue ?? [:]
    cut["cut_after"] = "conv_pw_6_relu"
    let plan = try place.plan(.object(cut))
    #expect(paths(plan).suffix(3) == ["conv_pw_6_relu", "global_average_pooling2d", "dense"])
    #expect(try plan.model.shapes().last == [2])
    cut["cut_after"] = nil
    cut["taps"] = ["conv_pw_3_relu", "conv_pw_6_relu"]
    let tapped = try place.plan(.object(cut))
    #expect(try value("dense/kernel", in: tapped.model).shape == [32 + 128, 2])
  }

  @Test("Taps are pooled and joined; features of both depths are trained on")
  func taps() throws {
    let place = try Place()
    let plan = try place.plan(["taps": ["base/first", "base"], "tap_pooling": "max", "head": ["hidden": 5]])
    #expect(paths(plan) == ["first", "second", "tap_1", "tap_2", "taps", "dense", "dense_1"])
    #expect(plan.model.instances[2].layer is GlobalMaxPooling2D)
    #expect(try value("dense/kernel", in: plan.model).shape == [10, 5])
    let report = try Run(plan, on: Device(threads: 1))()
    #expect(try ModelReference(path: report.output + "/model.h5").load().model.instances.count == 7)
  }

  // MARK: What the head is

  @Test("A head by intent: hidden layers, dropout, batch normalisation, pooling and outputs")
  func intents() throws {
    let place = try Place()
    func kinds(_ head: JSONValue) throws -> [String] {
      try place.plan(["head": head, "cut_after": "base"]).model.instances.dropFirst(2).map { $0.layer.kind }
    }
    #expect(try kinds([:]) == ["GlobalAveragePooling2D", "Dense"])
    #expect(
      try kinds(["hidden": [16, 8], "dropout": 0.25, "pooling": "flatten"])
        == ["Flatten", "Dense", "Dropout", "Dense", "Dropout", "Dense"])
    #expect(
      try kinds(["hidden": 8, "batch_norm": true, "activation": "swish", "pooling": "max"])
        == ["GlobalMaxPooling2D", "Dense", "BatchNormalization", "Activation", "Dense"])
    // On a vector nothing is pooled.
    let onVector = try place.plan(["head": ["dropout": 0.5], "cut_after": "pool"])
    #expect(paths(onVector) == ["base/first", "base/second", "pool", "dropout", "dense"])
  }

  @Test("Labels that do not exclude each other: a sigmoid for each, binary cross-entropy without being asked")
  func multiLabel() throws {
    let place = try Place()
    let plan = try place.plan(["head": ["outputs": "sigmoid"], "cut_after": "base"])
    #expect(plan.loss.name == "binary_crossentropy")
    #expect(try plan.model.shapes().last == [2])
    let report = try Run(plan, on: Device(threads: 1))()
    #expect(report.final?.loss.isFinite == true)
  }

  @Test("A table of several labels a picture trains a head of its own, is measured again and predicted")
  func multiLabelTable() throws {
    let folder = TemporaryFolder.path("several")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var lines = ["file,shows"]
    for index in 0..<48 {
      // Red where it is warm, blue where it is cold, both, or neither.
      let (red, blue) = (index % 2 == 0, index / 2 % 2 == 0)
      let noise = UInt8(index)
      let pixel: [UInt8] = [red ? 200 + noise : noise, noise, blue ? 200 + noise : noise]
      let image = PixelImage(width: 8, height: 8, mode: .rgb, pixels: (0..<64).flatMap { _ in pixel })
      try ImageEncoder.writePNG(image, to: folder + "/\(index).png")
      lines.append(
        "\(index).png,\([red ? "warm" : nil, blue ? "cold" : nil].compactMap(\.self).joined(separator: "; "))")
    }
    try lines.joined(separator: "\n").write(toFile: folder + "/table.csv", atomically: true, encoding: .utf8)
    let value: JSONValue = [
      "model": [
        "architecture": "MobileNet", "alpha": 0.25, "weights": nil, "input_size": [32, 32], "cut_after": "conv1_relu",
      ],
      "data": ["train": "table.csv", "task": "multi_label", "validation": ["fraction": 0.25], "batch_size": 8],
      "phases": [["epochs": 40, "optimizer": ["name": "adam", "learning_rate": 0.02]]],
    ]
    let plan = try Plan(Recipe(value, file: "r.json", folder: folder))
    #expect(plan.loss.name == "binary_crossentropy")
    #expect(plan.labels == ["cold", "warm"])
    let report = try Run(plan, on: Device(threads: 1))()
    #expect((report.final?.metrics.first { $0.name == "binary_accuracy" }?.value ?? 0) >= 0.9)
    let loaded = try ModelReference(path: report.output + "/model.h5").load()
    let again = try PictureEvaluation(loaded, on: folder + "/table.csv", task: nil, device: Device(threads: 1))
    #expect((again.result.metrics.first?.value ?? 0) >= 0.9)
    let prediction = try Prediction(loaded, of: [folder + "/0.png"], topCount: 2, on: Device(threads: 1))
    #expect(prediction.pictures[0].classes.allSatisfy { $0.probability > 0.5 })
  }

  // MARK: Classes

  @Test("Classes that stay keep their rows by name; the plan says which; training begins from there")
  func classes() throws {
    let place = try Place()
    let plan = try place.plan(["classes": ["keep": true]])
    #expect(plan.classChange == ClassChange(kept: ["across", "down"], new: [], dropped: ["other"]))
    #expect(plan.notes.contains { $0.contains("classes kept: 2 (across, down)") })
    #expect(plan.notes.contains { $0.contains("classes dropped: 1 (other)") })
    let (old, new) = (try value("classes/kernel", in: place.model), try value("classes/kernel", in: plan.model))
    for row in 0..<6 {
      #expect(new.elements[row * 2] == old.elements[row * 3 + 2])
      #expect(new.elements[row * 2 + 1] == old.elements[row * 3 + 1])
    }
    #expect(paths(plan) == ["base/first", "base/second", "pool", "classes"])
    let report = try Run(plan, on: Device(threads: 1))()
    #expect(try ModelReference(path: report.output + "/model.h5").load().labels == ["across", "down"])
  }

  @Test("New classes begin anew, classes of other names are found, and a file names the model's own")
  func renamedClasses() throws {
    let place = try Place(labels: ["vertical", "x", "y"])
    let names = TemporaryFolder.path("names.txt")
    try "x\nvertical\ny\n".write(toFile: names, atomically: true, encoding: .utf8)
    let plan = try place.plan(
      ["classes": ["keep": true, "known_as": ["down": "vertical"]], "labels": .string(names)])
    #expect(plan.classChange == ClassChange(kept: ["down"], new: ["across"], dropped: ["x", "y"]))
    let (old, new) = (try value("classes/kernel", in: place.model), try value("classes/kernel", in: plan.model))
    // "vertical" is the second in the file of names.
    for row in 0..<6 { #expect(new.elements[row * 2 + 1] == old.elements[row * 3 + 1]) }
  }

  // MARK: In between, and channels

  @Test("Layers are put in between; what no longer fits begins anew and is said")
  func insertion() throws {
    let place = try Place()
    let plan = try place.plan([
      "classes": ["keep": true],
      "insert": [["after": "base", "layers": [["layer": "SpatialDropout2D", "rate": 0.25]]]],
    ])
    #expect(paths(plan) == ["base/first", "base/second", "spatial_dropout2d", "pool", "classes"])
    #expect(plan.classChange?.kept == ["across", "down"])
    let hidden = try place.plan([
      "classes": ["keep": true],
      "insert": [["before": "classes", "layers": [["layer": "Dense", "name": "hidden", "units": 5]]]],
    ])
    #expect(paths(hidden) == ["base/first", "base/second", "pool", "hidden", "classes"])
    #expect(hidden.notes.contains { $0.contains("\"classes\" changed; initialised anew") })
  }

  @Test(
    "Grey pictures on weights of colours: adapted, said, saved, and the same as grey in all three channels",
    arguments: [Preprocessing.unit, .caffe, .torch])
  func channels(_ preprocessing: Preprocessing) throws {
    let place = try Place(preprocessing: preprocessing)
    let head: JSONValue = ["head": [:], "cut_after": "base", "channels": 1]
    let plan = try place.plan(head)
    #expect(plan.inputShape == [12, 12, 1])
    #expect(plan.notes.contains { $0.contains("adapted by \"sum\"") && $0.contains("\"base/first\"") })
    // What one channel sees is what three see that are all scaled by the mean of what the colours are scaled by.
    let device = Device(threads: 1)
    let grey = Tensor([1, 12, 12, 1], RandomKey(seed: 8).uniform(144).map { $0 * 255 })
    let scaled = grey.elements.map { pixel -> Float in
      switch preprocessing {
      case .caffe: pixel - (103.939 + 116.779 + 123.68) / 3
      case .torch:
        pixel / 255 * (1 / 0.229 + 1 / 0.224 + 1 / 0.225) / 3 - (0.485 / 0.229 + 0.456 / 0.224 + 0.406 / 0.225) / 3
      default: pixel / 255
      }
    }
    func features(_ model: Model, _ image: Tensor) throws -> [Float] {
      model.values([try model.output(of: "base")], from: [model.inputs[0].value: image], on: device)[0].elements
    }
    let found = try features(plan.model, plan.preprocessing(grey))
    let expected = try features(place.model, Tensor([1, 12, 12, 3], scaled.flatMap { [$0, $0, $0] }))
    let largest = expected.map(abs).max() ?? 1
    #expect(largest > 0)
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 * largest })
    let report = try Run(plan, on: device)()
    let saved = try ModelReference(path: report.output + "/model.h5").load()
    #expect(saved.channels == 1 && saved.preprocessing == (preprocessing == .unit ? .unit : .none))
  }

  @Test("An architecture's weights of colours take grey pictures too")
  func greyArchitecture() throws {
    let place = try Place()
    let weights = TemporaryFolder.path("w.h5")
    let network = try ModelReference(path: "", architecture: "MobileNet", alpha: 0.25, inputSize: Size(32, 32))
      .savedModel().saved.model
    try KerasWriter.writeWeights(network, to: weights)
    let plan = try place.plan([
      "architecture": "MobileNet", "alpha": 0.25, "weights": .string(weights), "input_size": [32, 32], "channels": 1,
    ])
    let kernel = try value("conv1/kernel", in: plan.model)
    let old = try value("conv1/kernel", in: network)
    #expect(kernel.shape == [3, 3, 1, 8])
    for place in 0..<9 {
      for filter in 0..<8 {
        let sum = (0..<3).reduce(0.0) { $0 + Double(old.elements[(place * 3 + $1) * 8 + filter]) }
        #expect(abs(Double(kernel.elements[place * 8 + filter]) - sum) < 1e-6)
      }
    }
  }

  // MARK: Mistakes

  @Test("Mistakes are told in the user's words, with their place")
  func mistakes() throws {
    let place = try Place()
    let dense: JSONValue = ["layer": "Dense", "units": "classes", "activation": "softmax"]
    let cases: [(JSONValue, [String])] = [
      (
        ["head": [["layer": "Dense", "unit": 3]], "cut_after": "pool"],
        ["model.head[0].unit", "Did you mean \"units\"?"]
      ),
      (
        ["head": [["layer": "Dense", "units": 3, "activatoin": "relu"]]],
        ["model.head[0].activatoin", "\"activation\""]
      ),
      (["head": ["hiden": 3]], ["model.head.hiden", "Did you mean \"hidden\"?"]),
      (["head": ["hidden": 0]], ["model.head.hidden"]),
      (["head": ["activation": "rleu"]], ["model.head.activation", "relu"]),
      (["head": [dense], "replace_from": "bse"], ["model.replace_from", "Did you mean \"base\"?"]),
      (["head": [dense], "cut_after": "base/frst"], ["model.cut_after", "base/first"]),
      (["taps": ["base", "bose"]], ["model.taps", "\"base\""]),
      (["taps": []], ["model.taps", "no layer"]),
      (["cut_after": "base", "taps": ["base"]], ["one place for the head"]),
      (["classes": ["keep": true], "head": [dense]], ["model.classes", "does not go with"]),
      (["classes": ["kep": true]], ["model.classes.kep", "Did you mean \"keep\"?"]),
      (["classes": ["keep": true, "known_as": ["down": "dwn"]]], ["model.classes", "Did you mean \"down\"?"]),
      ([:], ["data.train", "\"classes\": {\"keep\": true}"]),
      (["insert": [["behind": "base", "layers": [dense]]]], ["model.insert[0].behind"]),
      (["insert": [["before": "base", "layers": []]]], ["model.insert[0]"]),
      (["insert": [["before": "bass", "layers": [["layer": "Flatten"]]]]], ["model.insert[0]", "\"base\""]),
      (["channels": 2, "cut_after": "base"], ["model.channels", "grey (1)"]),
      (["channels": 1, "channel_method": "extend", "cut_after": "base"], ["model.channels", "extended"]),
      (["channel_method": "sum", "cut_after": "base"], ["model.channel_method", "channels"]),
      (["labels": "x.txt", "cut_after": "base"], ["model.labels", "classes"]),
    ]
    for (model, words) in cases {
      let found = place.failure(model)
      for word in words { #expect(found.contains(word), "\(model.text): \"\(word)\" is missing in: \(found)") }
    }
    let unnamed = try Place(labels: ["a", "b", "c"])
    #expect(unnamed.failure(["classes": ["keep": true]]).contains("known_as"))
  }
}
