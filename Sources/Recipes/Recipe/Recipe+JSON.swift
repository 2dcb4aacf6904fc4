internal import Images
public import JSON
internal import Kernels
internal import Layers
internal import Tensors
internal import Training

extension Recipe {
  /// The recipe with all defaults filled in, as it can be run again.
  public var json: JSONValue {
    var object: OrderedDictionary<String, JSONValue> = [
      "seed": .integer(Int(seed)), "model": model.json, "data": data.json,
    ]
    if let loss { object["loss"] = loss.config }
    if let classWeights { object["class_weight"] = classWeights.config }
    if let metrics { object["metrics"] = .array(metrics) }
    if l1 > 0 { object["l1"] = .float(l1) }
    if l2 > 0 { object["l2"] = .float(l2) }
    object["phases"] = .array(phases.map(\.json))
    if let earlyStopping { object["early_stopping"] = earlyStopping.config }
    if let reduceLROnPlateau { object["reduce_lr_on_plateau"] = reduceLROnPlateau.config }
    object["precision"] = .string(precision.rawValue)
    object["training_precision"] = .string(trainingPrecision.rawValue)
    object["checkpoint"] =
      checkpoint.steps.map { ["every_steps": .integer($0)] } ?? ["every_seconds": .number(checkpoint.seconds)]
    if !save.isNothing { object["save"] = save.json }
    let logs: OrderedDictionary<String, JSONValue> = [
      "csv": logs.csv.map { .string($0) } ?? .null, "jsonl": logs.jsonl.map { .string($0) } ?? .null,
      "tensorboard": logs.tensorboard.map { .string($0) } ?? .null,
    ]
    if logs.values.contains(where: { $0 != .null }) { object["logs"] = .object(logs) }
    if let timeLimit { object["time_limit_seconds"] = .number(timeLimit) }
    object["cache"] = cache.json
    if savesOptimizer { object["save_optimizer"] = true }
    object["output"] = .string(output)
    return .object(object)
  }

  /// The SHA-256 of what decides the result: of all but where things are, where the result is written, and how often it is kept
  /// meanwhile.
  var hash: String {
    func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
    var recipe = self
    switch model.source {
    case .architecture(let architecture, let alpha, let weights):
      recipe.model.source = .architecture(name: architecture, alpha: alpha, weights: weights.map(name))
    case .file(let path): recipe.model.source = .file(name(path))
    case .layers: break
    }
    recipe.data.train = name(data.train)
    if case .path(let path) = data.validation { recipe.data.validation = .path(name(path)) }
    if case .path(let path) = data.options.test { recipe.data.options.test = .path(name(path)) }
    var object = recipe.json.objectValue ?? [:]
    for key in ["output", "checkpoint", "save", "cache", "threads"] { object[key] = nil }
    return RunFingerprint.hash([JSONValue.object(object).text])
  }

  /// This recipe with absolute paths: it can be run from anywhere.
  var withAbsolutePaths: Recipe {
    var recipe = self
    switch model.source {
    case .architecture(let name, let alpha, let weights):
      recipe.model.source = .architecture(name: name, alpha: alpha, weights: weights.map(resolvedWeights))
    case .file(let path): recipe.model.source = .file(resolved(path))
    case .layers: break
    }
    recipe.model.labels = model.labels.map(resolved)
    recipe.data.train = resolved(data.train)
    if case .path(let path) = data.validation { recipe.data.validation = .path(resolved(path)) }
    if case .path(let path) = data.options.test { recipe.data.options.test = .path(resolved(path)) }
    recipe.cache.directory = cache.directory.map(resolved)
    recipe.output = resolved(output)
    return recipe
  }
}

extension ModelRecipe {
  var json: JSONValue {
    var object: OrderedDictionary<String, JSONValue> = [:]
    switch source {
    case .architecture(let name, let alpha, let weights):
      object["architecture"] = .string(name)
      if let alpha { object["alpha"] = .number(alpha) }
      object["weights"] = weights.map { .string($0) } ?? .null
    case .file(let path): object["file"] = .string(path)
    case .layers(let layers): object["layers"] = .array(layers.map(\.json))
    }
    if let inputSize { object["input_size"] = [.integer(inputSize.height), .integer(inputSize.width)] }
    if let channels { object["channels"] = .integer(channels) }
    if let head { object["head"] = head.json }
    for (key, value) in surgery.json { object[key] = value }
    if let labels { object["labels"] = .string(labels) }
    if let preprocessing { object["preprocessing"] = .string(standardizes ? "standardize" : preprocessing.name) }
    func list(_ texts: [String]) -> JSONValue? { texts.isEmpty ? nil : .array(texts.map { .string($0) }) }
    object["allow_missing"] = list(weightRules.allowMissing)
    object["allow_unused"] = list(weightRules.allowUnused)
    object["match"] = WeightRules.methods.first { $0.value == weightRules.method }.map { .string($0.name) }
    return .object(object)
  }
}

extension LayerRecipe {
  var json: JSONValue {
    var object: OrderedDictionary<String, JSONValue> = ["layer": .string(kind)]
    if let name { object["name"] = .string(name) }
    if let inputs { object["inputs"] = .array(inputs.map { .string($0) }) }
    for (key, value) in config.objectValue ?? [:] { object[key] = value }
    return .object(object)
  }
}

extension DataRecipe {
  var json: JSONValue {
    var object: OrderedDictionary<String, JSONValue> = ["train": .string(train), "task": .string(task.rawValue)]
    switch validation {
    case .none: break
    case .fraction(let fraction): object["validation"] = ["fraction": .number(fraction)]
    case .path(let path): object["validation"] = .string(path)
    case .fold(let fold, let count): object["validation"] = ["fold": .integer(fold), "of": .integer(count)]
    }
    if let folds { object["folds"] = folds.json }
    for (key, value) in options.json { object[key] = value }
    object["batch_size"] = .integer(batchSize)
    if isAugmented { object["augment"] = .array(augment.map(\.config) + mixing.map(\.config)) }
    object["interpolation"] = .string(interpolation.rawValue)
    object["decoding"] = .string(decoding.rawValue)
    object["unreadable_limit"] = .number(unreadableLimit)
    return .object(object)
  }
}

extension PhaseRecipe {
  var json: JSONValue {
    var object: OrderedDictionary<String, JSONValue> = ["name": .string(name)]
    switch trained {
    case .all: break
    case .matching(let patterns): object["train"] = .array(patterns.map { .string($0) })
    case .after(let layer): object["freeze_through"] = .string(layer)
    }
    if let unfreeze { object["unfreeze"] = unfreeze.json }
    if let batchNorm { object["batch_norm"] = .string(batchNorm.rawValue) }
    object["epochs"] = .integer(epochs)
    if let lastEpoch { object["last_epoch"] = .integer(lastEpoch) }
    object["optimizer"] = optimizer.config
    if let layerDecay = layerRates.layerDecay { object["layer_decay"] = .number(layerDecay) }
    if let slice = layerRates.slice { object["layer_rates"] = [.number(slice.first), .number(slice.last)] }
    if !layerRates.patterns.isEmpty {
      object["layer_rates"] = .object(
        OrderedDictionary(layerRates.patterns.map { ($0.layers, .number($0.factor)) }, uniquingKeysWith: { $1 }))
    }
    if continuesOptimizer { object["continue_optimizer"] = true }
    if let earlyStopping { object["early_stopping"] = earlyStopping.config }
    if let reduceLROnPlateau { object["reduce_lr_on_plateau"] = reduceLROnPlateau.config }
    return .object(object)
  }
}
