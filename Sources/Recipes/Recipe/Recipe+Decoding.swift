public import JSON
internal import Kernels
internal import Layers
internal import Training

extension Recipe {
  /// Reads a recipe, strictly: unknown and repeated keys, wrong kinds and numbers out of range are errors, all of them listed.
  ///
  /// - Parameters:
  ///   - value: the recipe.
  ///   - file: its name for messages.
  ///   - folder: what its relative paths are relative to.
  public init(_ value: JSONValue, file: String, folder: String) throws(RecipeError) {
    let problems = ProblemList()
    let recipe = Self.reading(value, file: file, folder: folder, problems)
    guard problems.problems.isEmpty, let recipe else { throw RecipeError(file: file, problems: problems.problems) }
    self = recipe
  }

  /// Reads what can be read of a recipe, and reports the rest; nil where too little is left for a recipe.
  static func reading(_ value: JSONValue, file: String, folder: String, _ problems: ProblemList) -> Recipe? {
    var reader = RecipeReader(value, path: "", problems: problems)

    let seed = reader.int("seed", in: 0...Int.max) ?? 0
    let model = reader.object("model").flatMap { ModelRecipe(reading: $0) }
    if model == nil, !reader.has("model") { reader.report("model", "a recipe needs a \"model\"") }
    let data = reader.object("data").flatMap { DataRecipe(reading: $0) }
    if data == nil, !reader.has("data") { reader.report("data", "a recipe needs \"data\"") }
    let loss = reader.setting("loss") { value throws(ConfigError) in try LossRegistry.loss(value) }
    let classWeights = reader.setting("class_weight") { value throws(ConfigError) in try ClassWeights(config: value) }
    let metrics = reader.list("metrics").map { list in list.map(\.value) }
    let l1 = reader.double("l1", in: 0...Double.infinity) ?? 0
    let l2 = reader.double("l2", in: 0...Double.infinity) ?? 0
    let listed = reader.list("phases") ?? []
    let phases = listed.enumerated().compactMap { index, element in
      PhaseRecipe(reading: RecipeReader(element.value, path: element.path, problems: problems), number: index + 1)
    }
    if phases.isEmpty, problems.problems.isEmpty {
      reader.report(
        "phases", "a recipe needs at least one phase: {\"epochs\": 10, \"optimizer\": {\"name\": \"adam\"}}")
    }
    for (index, phase) in phases.enumerated() where phases[..<index].contains(where: { $0.name == phase.name }) {
      problems.report("phases[\(index)].name", "two phases are called \"\(phase.name)\"")
    }
    let earlyStopping = reader.setting("early_stopping") { value throws(ConfigError) in try EarlyStopping(config: value)
    }
    let reduceLROnPlateau = reader.setting("reduce_lr_on_plateau") { value throws(ConfigError) in
      try ReduceLROnPlateau(config: value)
    }
    let precision = reader.choice("precision", Precision.allCases.map { ($0.rawValue, $0) }) ?? .float32
    let trainingPrecision =
      reader.choice("training_precision", Precision.allCases.map { ($0.rawValue, $0) }) ?? .float32
    let checkpoint = reader.object("checkpoint").map { CheckpointRecipe(reading: $0) } ?? CheckpointRecipe()
    let save = reader.object("save").map { SaveRecipe(reading: $0) } ?? SaveRecipe()
    let logs = reader.object("logs").map { LogRecipe(reading: $0) } ?? LogRecipe()
    let timeLimit = reader.double("time_limit_seconds", in: 0...1e12)
    let cache = CacheRecipe(reading: &reader)
    if let data { reader.checkMixing(data, cache: cache, loss: loss, phases: phases) }
    if cache.views != nil, data?.isAugmented == false {
      reader.report("cache.views", "there is no \"augment\" in \"data\": all views of a picture would be the same")
    }
    let savesOptimizer = reader.bool("save_optimizer") ?? false
    let output = reader.string("output")
    if output?.isEmpty == true { reader.report("output", "names no folder") }
    // What people and their editors read: neither changes anything.
    _ = reader.string("description")
    _ = reader.string("$schema")
    reader.finish()

    // With a phase missing the others would be told by wrong numbers.
    guard let model, let data, !phases.isEmpty, phases.count == listed.count else { return nil }
    return Recipe(
      file: file, folder: folder, seed: UInt64(seed), model: model, data: data, loss: loss,
      classWeights: classWeights, metrics: metrics,
      l1: Float(l1), l2: Float(l2), phases: phases, earlyStopping: earlyStopping, reduceLROnPlateau: reduceLROnPlateau,
      precision: precision, trainingPrecision: trainingPrecision, checkpoint: checkpoint, save: save, logs: logs,
      timeLimit: timeLimit, cache: cache, savesOptimizer: savesOptimizer, output: output ?? "runs/" + stem(of: file))
  }

  /// The last part of a path without its ending: `flowers` for `recipes/flowers.json`.
  private static func stem(of file: String) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? "recipe"
    return name.hasSuffix(".json") ? String(name.dropLast(5)) : name
  }
}

extension LogRecipe {
  init(reading reader: RecipeReader) {
    var reader = reader
    csv = reader.string("csv")
    jsonl = reader.string("jsonl")
    tensorboard = reader.string("tensorboard")
    for (key, path) in [("csv", csv), ("jsonl", jsonl), ("tensorboard", tensorboard)] where path?.isEmpty == true {
      reader.report(key, "names no \(key == "tensorboard" ? "folder" : "file")")
    }
    reader.finish()
  }
}

extension CheckpointRecipe {
  init(reading reader: RecipeReader) {
    var reader = reader
    seconds = reader.double("every_seconds", in: 0...1e9) ?? seconds
    steps = reader.int("every_steps", in: 1...1_000_000_000)
    if steps != nil, reader.has("every_seconds") {
      reader.report("every_steps", "say either \"every_seconds\" or \"every_steps\", not both")
    }
    reader.finish()
  }
}
