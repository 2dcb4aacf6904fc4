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

extension Recipe {
  /// Mixes the mini-batches; nil if nothing does.
  var mixer: BatchMixer? { data.mixing.isEmpty ? nil : BatchMixer(data.mixing, seed: seed) }
}

extension DataRecipe {
  /// Whether the pictures for training are changed at random.
  var isAugmented: Bool { !augment.isEmpty || !mixing.isEmpty }
}
