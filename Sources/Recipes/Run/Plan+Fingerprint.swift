internal import Foundation
internal import Images
internal import JSON
internal import Kernels
internal import Training

extension Plan {
  /// What the bits of this plan's run follow from.
  func fingerprint(on device: Device) -> RunFingerprint {
    var recipe = recipe.withAbsolutePaths
    recipe.output = ""
    recipe.checkpoint = CheckpointRecipe()
    recipe.logs = LogRecipe()
    recipe.save = SaveRecipe()
    recipe.timeLimit = nil
    // Where features are kept decides nothing; what they are rounded to and which there are does.
    recipe.cache = CacheRecipe()
    recipe.cache.precision = self.recipe.cache.precision
    recipe.cache.views = self.recipe.cache.views
    var fingerprint = inputs(on: device)
    fingerprint.add("the recipe", hashing: [recipe.json.text])
    return fingerprint
  }

  /// The same without the recipe: what the bits of any run of these pictures and weights follow from.
  func inputs(on device: Device) -> RunFingerprint {
    var fingerprint = RunFingerprint()
    fingerprint.add("the weights", hashing: model)
    fingerprint.add("the pictures", hashing: [training, validation, test].flatMap { $0?.stamps ?? [] })
    fingerprint.add("the version", plain: FineTuneVersion.current)
    fingerprint.add("the instruction set", plain: "\(device.kernels), \(device.convolution)")
    if recipe.trainingPrecision != .float32 {
      // Not every processor of an instruction set has it.
      let precision = device.training(in: recipe.trainingPrecision).trainingPrecision
      fingerprint.add("the precision of training", plain: precision.rawValue)
    }
    return fingerprint
  }
}

extension LabelledImages {
  /// Name, label and size of every picture.
  fileprivate var stamps: [String] {
    let sizes = paths.map { path in
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      return (attributes?[.size] as? Int) ?? -1
    }
    let labels: [String] =
      switch labels {
      case .classes(let classes): classes.map { "\($0)" }
      case .sets(let sets): sets.map { "\($0)" }
      case .values(let numbers): numbers.map { "\($0)" }
      }
    return zip(zip(names, labels), sizes).map { "\($0.0) \($0.1) \($1)" } + classNames
      + (weights ?? []).map { "\($0)" }
  }
}
