internal import Images
public import JSON
internal import Kernels
internal import Layers
internal import Tensors
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
      precision: precision, checkpoint: checkpoint, save: save, logs: logs, timeLimit: timeLimit, cache: cache,
      savesOptimizer: savesOptimizer, output: output ?? "runs/" + stem(of: file))
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

extension ModelRecipe {
  init?(reading reader: RecipeReader) {
    var reader = reader
    let architecture = reader.string("architecture")
    let file = reader.string("file")
    let layers = reader.layers("layers")
    let alpha = reader.double("alpha", in: 0.01...10)
    let names = ["architecture", "file", "layers"].filter(reader.has)
    let hasWeights = reader.has("weights")
    let weights = reader.string("weights")

    inputSize = reader.size("input_size")
    channels = reader.int("channels", in: 1...4)
    head = HeadRecipe(reading: &reader, "head")
    surgery = ModelSurgery(reading: &reader)
    labels = reader.string("labels")
    let standardize = (name: "standardize", value: Preprocessing?.none)
    let choice = reader.choice("preprocessing", Preprocessing.all.map { ($0.name, $0) } + [standardize])
    standardizes = choice == .some(nil)
    // A layer in front of the model does it then, on pixels as they are.
    preprocessing = standardizes ? Preprocessing.none : choice ?? nil
    for key in ["allow_missing", "allow_unused", "match"] where reader.has(key) && weights == nil {
      reader.report(key, "goes with \"architecture\" and its \"weights\" only")
    }
    weightRules = WeightRules(
      allowMissing: reader.strings("allow_missing") ?? [], allowUnused: reader.strings("allow_unused") ?? [],
      method: reader.choice("match", WeightRules.methods))
    reader.finish()

    if names.count != 1 {
      let found = names.isEmpty ? "none of them" : names.map { "\"\($0)\"" }.joined(separator: " and ")
      reader.problems.report(
        reader.path, "expected exactly one of \"architecture\", \"file\" and \"layers\", found \(found)")
    }
    if architecture != nil, !hasWeights {
      reader.report(
        "weights",
        "say where the weights are, \"weights\": \"FILE.h5\" or \"imagenet\", or \"weights\": null to begin from nothing"
      )
    }
    if architecture == nil {
      if weights != nil || (hasWeights && file != nil) {
        reader.report("weights", "goes with \"architecture\" only; a whole-model \"file\" brings its weights")
      }
      if alpha != nil { reader.report("alpha", "goes with \"architecture\" only") }
    }
    if labels != nil, surgery.classes?.keeps != true {
      reader.report("labels", "names the model's own classes, which only \"classes\": {\"keep\": true} asks for")
    }
    if surgery.channelAdaptation != nil, channels == nil {
      reader.report("channel_method", "goes with \"channels\"")
    }
    if surgery.classes?.keeps == true, architecture != nil, weights == nil {
      reader.report("classes", "there are no classes to keep without \"weights\"")
    }
    if layers != nil {
      for key in ["replace_from", "cut_after", "taps", "insert", "classes", "labels", "channel_method"]
      where reader.has(key) {
        reader.report(key, "changes a pretrained model; a model of \"layers\" is what it lists")
      }
      if inputSize == nil { reader.report("input_size", "a model of \"layers\" needs its input size: [height, width]") }
      if head != nil { reader.report("head", "a model of \"layers\" lists its head among them") }
    }
    if let architecture {
      source = .architecture(name: architecture, alpha: alpha, weights: weights)
    } else if let file {
      source = .file(file)
    } else if let layers {
      source = .layers(layers)
    } else {
      return nil
    }
  }
}

extension DataRecipe {
  init?(reading reader: RecipeReader) {
    var reader = reader
    let train = reader.string("train")
    if train == nil, !reader.has("train") {
      reader.report("train", "say where the pictures are: a folder with a folder per class, or a table")
    }
    task = reader.choice("task", Task.allCases.map { ($0.rawValue, $0) }) ?? .classification
    batchSize = reader.int("batch_size", in: 1...1_000_000_000) ?? 32
    interpolation = reader.choice("interpolation", Interpolation.allCases.map { ($0.rawValue, $0) }) ?? .bilinear
    decoding = reader.choice("decoding", Decoding.allCases.map { ($0.rawValue, $0) }) ?? .exact
    unreadableLimit = reader.double("unreadable_limit", in: 0...1) ?? 0.05
    (augment, mixing) = reader.augmentations("augment", task: task)
    validation = .none
    if let place = reader.optional("validation") {
      if let path = place.stringValue {
        validation = .path(path)
      } else {
        var inner = RecipeReader(place, path: reader.place("validation"), problems: reader.problems)
        if let fold = inner.fold() {
          validation = fold
        } else if let fraction = inner.double("fraction", in: 0.0...0.9) {
          if fraction > 0 { validation = .fraction(fraction) }
        } else if !inner.has("fraction"), !inner.has("fold"), !inner.has("of") {
          inner.report("fraction", "expected {\"fraction\": 0.2} or the path of a folder or table")
        }
        inner.finish()
      }
    }
    folds = FoldsRecipe(reading: &reader, beside: validation)
    options = DataOptions(reading: &reader, task: task)
    options.check(validation, task, &reader)
    reader.finish()
    guard let train else { return nil }
    self.train = train
  }
}

extension PhaseRecipe {
  init?(reading reader: RecipeReader, number: Int) {
    var reader = reader
    name = reader.string("name") ?? "phase \(number)"
    let patterns = reader.strings("train")
    let through = reader.string("freeze_through")
    if patterns != nil, through != nil {
      reader.problems.report(reader.path, "say either what to \"train\" or \"freeze_through\" a layer, not both")
    }
    if let patterns {
      if patterns.isEmpty { reader.report("train", "names no layer; there would be nothing to train") }
      trained = .matching(patterns)
    } else if let through {
      trained = .after(through)
    } else {
      trained = .all
    }
    unfreeze = reader.object("unfreeze").map { UnfreezeRecipe(reading: $0) }
    batchNorm = reader.choice("batch_norm", BatchNormPolicy.allCases.map { ($0.rawValue, $0) })
    epochs = reader.int("epochs", in: 1...1_000_000) ?? 1
    if !reader.has("epochs") { reader.report("epochs", "a phase needs its number of epochs") }
    layerRates = reader.layerRates()
    let optimizer = reader.optimizer(&layerRates)
    if optimizer == nil, !reader.has("optimizer") {
      reader.report("optimizer", "a phase needs an optimizer: {\"name\": \"adam\", \"learning_rate\": 0.001}")
    }
    earlyStopping = reader.setting("early_stopping") { value throws(ConfigError) in try EarlyStopping(config: value) }
    reduceLROnPlateau = reader.setting("reduce_lr_on_plateau") { value throws(ConfigError) in
      try ReduceLROnPlateau(config: value)
    }
    continuesOptimizer = reader.bool("continue_optimizer") ?? false
    lastEpoch = reader.int("last_epoch", in: 1...max(1, epochs))
    if unfreeze != nil, optimizer is LBFGS {
      reader.report("unfreeze", "lbfgs keeps nothing from one set of layers to the next; use another optimizer")
    }
    reader.finish()
    guard let optimizer else { return nil }
    self.optimizer = optimizer
  }
}
