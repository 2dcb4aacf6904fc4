import Foundation
import Images
import JSON
import Kernels
import Layers
import Recipes
import Tensors
import TestSupport
import Testing
import Training

@Suite("Data options of a recipe")
struct DataOptionsTests {
  /// A plan for striped pictures: with other settings of `data`, and of the recipe.
  static func plan(
    _ pictures: StripedPictures, _ data: JSONValue, model: JSONValue = [:], recipe: JSONValue = [:]
  ) throws -> Plan {
    var members: OrderedDictionary<String, JSONValue> = ["train": .string(pictures.folder), "batch_size": 8]
    for (key, value) in data.objectValue ?? [:] { members[key] = value }
    var network: OrderedDictionary<String, JSONValue> = ["layers": RunTests.layers, "input_size": [12, 12]]
    for (key, value) in model.objectValue ?? [:] {
      network.removeValue(forKey: key)
      if value != .null { network[key] = value }
    }
    var value: OrderedDictionary<String, JSONValue> = [
      "seed": 5, "model": .object(network), "data": .object(members),
      "phases": [["epochs": 2, "optimizer": ["name": "adam", "learning_rate": 0.01]]],
      "cache": false, "output": .string(TemporaryFolder.path("run")),
    ]
    for (key, setting) in recipe.objectValue ?? [:] { value[key] = setting }
    return try Plan(Recipe(.object(value), file: "r.json", folder: pictures.folder))
  }

  static func table(_ pictures: StripedPictures, perClass count: Int, rows: (Int, String) -> String) throws {
    var lines = ["picture,kind,importance,part,shoot"]
    for name in ["across", "down"] {
      for number in 0..<count { lines.append("\(name)/\(number).png,\(name),\(rows(number, name))") }
    }
    try lines.joined(separator: "\n").write(toFile: pictures.folder + "/t.csv", atomically: true, encoding: .utf8)
  }

  @Test("The test part is seen by nobody before, and what is reported of it is what evaluate finds")
  func test() throws {
    let pictures = try StripedPictures(perClass: 16)
    let plan = try Self.plan(pictures, ["validation": ["fraction": 0.25], "test": ["fraction": 0.25]])
    let sets = [plan.training, plan.validation, plan.test].map { Set($0?.names ?? []) }
    #expect(sets.map(\.count) == [16, 8, 8] && Set(sets.joined()).count == 32)
    let report = try Run(plan, on: Device(threads: 2))()
    let tested = try #require(report.test)
    #expect(tested.samples == 8)
    let metrics = try JSONValue(parsing: String(contentsOfFile: report.output + "/metrics.json", encoding: .utf8))
    #expect(metrics["test_loss"]?.doubleValue == tested.loss && metrics["test_accuracy"] != nil)

    // The same pictures as a table, evaluated from the file that was written.
    let names = plan.test?.names ?? []
    let rows = ["file,class"] + names.map { "\($0),\($0.hasPrefix("across") ? "across" : "down")" }
    try rows.joined(separator: "\n").write(toFile: pictures.folder + "/test.csv", atomically: true, encoding: .utf8)
    let loaded = try ModelReference(path: report.output + "/model.h5").load()
    let again = try PictureEvaluation(loaded, on: pictures.folder + "/test.csv", task: nil, device: Device(threads: 1))
    #expect(abs(again.result.loss - tested.loss) < 1e-6 && again.imageCount == 8)
    // Validation and training do not depend on there being a test of their own.
    let without = try Self.plan(pictures, ["validation": ["fraction": 0.25]])
    #expect(without.validation?.names == plan.validation?.names)
  }

  @Test("A table's weights scale the loss that is trained on: Σ wᵢ lᵢ / n, and nothing else")
  func weights() throws {
    let pictures = try StripedPictures(perClass: 12)
    try Self.table(pictures, perClass: 12) { number, name in
      "\(Double(number % 4) / 2),\(number < 8 ? "train" : "val"),s\(number)"
    }
    let data: JSONValue = [
      "train": "t.csv", "batch_size": 16,
      "columns": ["file": "picture", "target": "kind", "weight": "importance", "split": "part", "group": "shoot"],
    ]
    // A rate of 0 leaves the model as it is: the loss of the epoch is that of the model at its beginning.
    let still: JSONValue = ["phases": [["epochs": 1, "optimizer": ["name": "sgd", "learning_rate": 0]]]]
    let plan = try Self.plan(pictures, data, recipe: still)
    #expect(plan.training.count == 16 && plan.validation?.count == 8 && plan.test == nil)
    let report = try Run(plan, on: Device(threads: 2))()
    let record = try #require(report.history.records.first)
    func losses(_ images: LabelledImages) throws -> [Double] {
      let loader = ImageLoader(size: Size(12, 12))
      let batch = plan.preprocessing(loader.load(images.paths).images)
      let output = plan.model.values(
        plan.model.outputs, from: [plan.model.inputs[0].value: batch], on: Device(threads: 1))[0]
      guard case .classes(let classes) = images.labels else { return [] }
      return classes.enumerated().map { -log(Double(output.elements[$0.offset * 2 + $0.element])) }
    }
    let training = try losses(plan.training)
    let weights = try #require(plan.training.weights)
    let weighted = zip(training, weights).reduce(0) { $0 + $1.0 * Double($1.1) } / 16
    #expect(abs(record.loss - weighted) < 1e-5)
    #expect(abs(training.reduce(0, +) / 16 - weighted) > 1e-3, "the weights must matter")
    let validation = try losses(#require(plan.validation))
    #expect(abs((record.validation?.loss ?? .nan) - validation.reduce(0, +) / 8) < 1e-5)

    // As chances to be drawn they scale no loss.
    var drawn = data.objectValue ?? [:]
    drawn["sampling"] = "weighted"
    let sampled = try Run(Self.plan(pictures, .object(drawn), recipe: still), on: Device(threads: 1))()
    let least = zip(training, weights).filter { $0.1 > 0 }.map(\.0)
    let loss = try #require(sampled.history.records.first?.loss)
    #expect(loss >= least.min()! - 1e-5 && loss <= least.max()! + 1e-5)
  }

  @Test(
    "Sampled runs are the same with one thread and two, and after they were stopped",
    arguments: ["balanced", "weighted"])
  func sampled(_ sampling: String) throws {
    let pictures = try StripedPictures(perClass: 12)
    try Self.table(pictures, perClass: 12) { number, name in
      "\(1 + number % 3),\(name == "down" && number > 3 ? "test" : number < 9 ? "train" : "val"),s\(number)"
    }
    let data: JSONValue = [
      "train": "t.csv", "sampling": .string(sampling),
      "columns": ["weight": "importance", "split": "part"], "augment": [["name": "random_flip"]],
    ]
    func model(_ report: RunReport) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: report.output + "/model.h5"))
    }
    let expected = try model(Run(Self.plan(pictures, data), on: Device(threads: 1))())
    #expect(try model(Run(Self.plan(pictures, data), on: Device(threads: 2))()) == expected)
    for stop in [1, 2, 3] {
      let plan = try Self.plan(pictures, data)
      let counter = BatchCounter()
      let first = try Run(plan, on: Device(threads: 2))(observer: counter, shouldStop: { counter.count >= stop })
      #expect(first.isCancelled && first.test == nil)
      let second = try Run(plan, on: Device(threads: 1), resumes: true)(observer: counter)
      #expect(try model(second) == expected)
      #expect(second.test != nil)
    }
    #expect(
      try model(
        Run(
          Self.plan(pictures, ["train": "t.csv", "columns": ["split": "part"], "augment": [["name": "random_flip"]]]),
          on: Device(threads: 1))()) != expected)
  }

  @Test("Standardising uses the training pictures' numbers alone, and the file carries them")
  func standardize() throws {
    let pictures = try StripedPictures(perClass: 16)
    let plan = try Self.plan(pictures, ["validation": ["fraction": 0.5]], model: ["preprocessing": "standardize"])
    let layer = try #require(plan.model.instances.lazy.compactMap { $0.layer as? Normalization }.first)
    let constants = try #require(layer.constants)
    let loader = ImageLoader(size: Size(12, 12))
    func statistics(_ images: LabelledImages) -> ChannelStatistics {
      ChannelStatistics(of: images, loader: loader, on: Device(threads: 1))
    }
    #expect(constants.mean == statistics(plan.training).mean.map { Float($0) })
    #expect(constants.mean != statistics(try #require(plan.validation)).mean.map { Float($0) })
    // What reaches the first convolution has mean 0 and standard deviation 1 in every channel.
    let inside = plan.model.values(
      [try plan.model.output(of: "standardize")],
      from: [plan.model.inputs[0].value: plan.preprocessing(loader.load(plan.training.paths).images)],
      on: Device(threads: 1))[0].elements
    for channel in 0..<3 {
      let values = stride(from: channel, to: inside.count, by: 3).map { Double(inside[$0]) }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      #expect(abs(mean) < 1e-5 && abs(variance - 1) < 1e-4)
    }
    let report = try Run(plan, on: Device(threads: 2))()
    let loaded = try ModelReference(path: report.output + "/model.h5").load()
    #expect(loaded.preprocessing == Preprocessing.none)
    let kept = loaded.model.instances.lazy.compactMap { $0.layer as? Normalization }.first
    #expect(kept?.constants == constants)
    #expect(plan.recipe.json["model"]?["preprocessing"] == "standardize")
    // Going on with that model: it brings its numbers.
    let again: JSONValue = [
      "file": .string(report.output + "/model.h5"), "layers": nil, "preprocessing": "standardize",
    ]
    #expect { try Self.plan(pictures, [:], model: again) } throws: { "\($0)".contains("leave") }
  }

  @Test("A frozen part behind the standardising layer is still computed once")
  func frozen() throws {
    let pictures = try StripedPictures(perClass: 8)
    let recipe: JSONValue = ["phases": [["train": ["classes"], "epochs": 2, "optimizer": "adam"]]]
    let plan = try Self.plan(
      pictures, ["validation": ["fraction": 0.25]], model: ["preprocessing": "standardize"], recipe: recipe)
    #expect(plan.phases[0].boundary != plan.model.inputs.map(\.value) && plan.phases[0].boundarySize == 8)
    #expect(plan.phases[0].trained.count == 1)
  }

  @Test("Groups by a pattern of the names are in one set each")
  func groups() throws {
    let pictures = try StripedPictures(perClass: 20)
    let plan = try Self.plan(
      pictures, ["group_by": #"^(\d)\d*\.png"#, "validation": ["fraction": 0.3], "test": ["fraction": 0.2]])
    let sets = [plan.training, plan.validation, plan.test].map { Set($0?.groups ?? []) }
    #expect(sets.allSatisfy { !$0.isEmpty } && sets.map(\.count).reduce(0, +) == 10)
  }

  @Test("A limit leaves validation and test whole")
  func limit() throws {
    let pictures = try StripedPictures(perClass: 16)
    let data: JSONValue = ["validation": ["fraction": 0.25], "test": ["fraction": 0.25], "limit": ["per_class": 3]]
    let plan = try Self.plan(pictures, data)
    #expect(plan.training.classCounts == [3, 3] && plan.validation?.count == 8 && plan.test?.count == 8)
    let round = try Recipe(plan.recipe.json, file: "r.json", folder: pictures.folder)
    #expect(round.data.options == plan.recipe.data.options)
  }

  @Test("Settings that contradict each other are all named at once, with their places and remedies")
  func contradictions() throws {
    let pictures = try StripedPictures(perClass: 4)
    let data: JSONValue = [
      "train": "t.csv", "task": "regression", "columns": ["split": "part", "group": "g", "wieght": "w"],
      "validation": ["fraction": 0.2], "test": "other", "group_by": "x", "sampling": "balanced",
      "limit": ["per_class": 2],
    ]
    let error = #expect(throws: RecipeError.self) { try Self.plan(pictures, data) }
    let paths = Set(error?.problems.map(\.path) ?? [])
    #expect(
      paths == [
        "data.columns.wieght", "data.validation", "data.test", "data.group_by", "data.sampling", "data.limit.per_class",
      ])
  }

  @Test("What the pictures rule out is named at once too")
  func impossible() throws {
    let pictures = try StripedPictures(perClass: 8)
    try Self.table(pictures, perClass: 8) { number, name in "0,\(name == "down" ? "val" : "train"),s\(number % 2)" }
    let data: JSONValue = [
      "train": "t.csv", "sampling": "balanced", "limit": 200,
      "columns": ["split": "part", "weight": "importance", "group": "shoot"],
    ]
    let recipe: JSONValue = [
      "class_weight": ["acros": 2, "up": 1], "phases": [["epochs": 2, "optimizer": "lbfgs"]],
    ]
    let error = #expect(throws: RecipeError.self) { try Self.plan(pictures, data, recipe: recipe) }
    let paths = (error?.problems.map(\.path) ?? []).sorted()
    #expect(
      paths == [
        "class_weight.acros", "class_weight.up", "data.columns.split", "data.columns.split", "data.columns.weight",
        "data.limit", "phases[0].optimizer",
      ])
    #expect(error?.description.contains("Did you mean \"across\"?") == true)

    let missing = #expect(throws: RecipeError.self) {
      try Self.plan(pictures, ["train": "t.csv", "columns": ["weight": "imprtance", "group": "shot"]])
    }
    #expect(missing?.problems.map(\.path) == ["data.columns.weight", "data.columns.group"])
    let folder = #expect(throws: RecipeError.self) { try Self.plan(pictures, ["columns": ["group": "shoot"]]) }
    #expect(folder?.problems.map(\.path) == ["data.columns"])
  }
}
