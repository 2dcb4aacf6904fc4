internal import Layers
internal import Training

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
