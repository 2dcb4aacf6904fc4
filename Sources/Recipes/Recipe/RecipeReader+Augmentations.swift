internal import Images
internal import JSON
internal import Training

extension RecipeReader {
  /// What changes the pictures for training at random, one by one, and what mixes those of a mini-batch afterwards.
  mutating func augmentations(
    _ key: String, task: DataRecipe.Task
  ) -> (single: [any Augmentation], mixing: [any SampleMixing]) {
    var single: [any Augmentation] = []
    var mixing: [any SampleMixing] = []
    for (path, value) in list(key) ?? [] {
      guard let name = value["name"]?.stringValue, MixingRegistry.names.contains(name) else {
        let read = problems.checked(path) { () throws(AugmentationError) in
          let names = AugmentationRegistry.names + MixingRegistry.names
          _ = try AugmentationRegistry.name(in: value, among: names)
          return try AugmentationRegistry.augmentation(config: value)
        }
        if let last = mixing.last, read != nil {
          let first = type(of: last).name
          problems.report(
            path, "stands behind \(first), which mixes pictures that are finished; move \(first) to the end of the list"
          )
        }
        if let read { single.append(read) }
        continue
      }
      let read = problems.checked(path) { () throws(AugmentationError) in try MixingRegistry.mixing(config: value) }
      guard let read else { continue }
      if task == .regression, !type(of: read).mixesNumbers {
        problems.report(
          path,
          "\(name) puts a piece of one picture into another, and nothing says which number that has; for regression take "
            + "\"mix_up\", or leave it out")
      }
      mixing.append(read)
    }
    return (single, mixing)
  }
}

extension RecipeReader {
  /// Reports what mixing does not go with.
  func checkMixing(_ data: DataRecipe, cache: CacheRecipe, loss: (any Loss)?, phases: [PhaseRecipe]) {
    guard let name = data.mixing.first.map({ type(of: $0).name }) else { return }
    if cache.views != nil {
      report(
        "cache.views",
        "views are kept for each picture, but \(name) mixes pictures anew in every epoch; leave one of them out")
    }
    if data.batchSize == 1 {
      report(
        "data.batch_size", "a mini-batch of one picture holds nothing that \(name) could mix it with; take 2 or more")
    }
    if let loss, ["hinge", "squared_hinge"].contains(loss.name) {
      report(
        "loss", "\(loss.name) knows yes and no, not the shares of classes that \(name) makes; take a cross-entropy")
    }
    for (index, phase) in phases.enumerated() where phase.optimizer is LBFGS {
      report(
        "phases[\(index)].optimizer",
        "lbfgs takes all pictures at once, and \(name) mixes mini-batches; take another optimizer, or leave \(name) out"
      )
    }
  }
}

extension Recipe {
  /// Mixes the mini-batches; nil if nothing does.
  var mixer: BatchMixer? { data.mixing.isEmpty ? nil : BatchMixer(data.mixing, seed: seed) }
}

extension DataRecipe {
  /// Whether the pictures for training are changed at random.
  var isAugmented: Bool { !augment.isEmpty || !mixing.isEmpty }
}
