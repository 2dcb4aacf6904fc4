internal import Images
internal import Layers
internal import Training

extension PictureSets {
  /// Reads all pictures once, through the frozen part as far as some phases need it; leaves out those that cannot be read.
  mutating func extract(
    for phases: [PlannedPhase], in place: FeaturePlace, _ model: Model, observer: any RunObserver,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws -> Bool {
    let count = imageCount
    let trainingCount = training.count
    // Pictures that change in every epoch need no features; they are only read, to find those that cannot be.
    let values = FeatureValues(plan, phases)
    let part = try FrozenPart(model, to: values.training, picture: plan.inputShape, on: frozenDevice)
    let other =
      values.validation == values.training
      ? part : try FrozenPart(model, to: values.validation, picture: plan.inputShape, on: frozenDevice)
    // What depends on what was trained is of no use to other runs.
    let cache = phases.contains(where: \.followsChange) ? nil : self.cache
    let precision = plan.recipe.cache.precision
    func kept(
      _ samples: ImageSamples, _ part: FrozenPart, before: Int
    ) throws -> (features: any KeptFeatures, pass: ExtractionPass) {
      let extraction = FeatureExtraction(samples, through: part, cache: cache, precision: precision)
      func progress(_ progress: ExtractionProgress) {
        observer.featuresProgressed(
          done: before + progress.done, of: count, imagesPerSecond: progress.imagesPerSecond)
      }
      if place == .disk, !part.values.isEmpty {
        if let stored = try extraction.onDisk(on: device, progress: progress, shouldStop: shouldStop) {
          return (stored.features, stored.pass)
        }
        // The disk does not hold them: the pictures go through the frozen part in every epoch.
        let check = try FrozenPart(model, to: [], picture: plan.inputShape, on: frozenDevice)
        let checked = try FeatureExtraction(samples, through: check, cache: nil)(on: device, shouldStop: shouldStop)
        return (checked.features, checked.pass)
      }
      if place == .memory, let shelf, !phases.contains(where: \.followsChange) {
        return try shelf.features(
          of: samples, through: part, cache: cache, precision: precision, progress: progress, shouldStop: shouldStop)
      }
      let extracted = try extraction(on: device, progress: progress, shouldStop: shouldStop)
      return (extracted.features, extracted.pass)
    }
    let first: (features: any KeptFeatures, pass: ExtractionPass)
    let second: (features: any KeptFeatures, pass: ExtractionPass)?
    do {
      first = try kept(training, part, before: 0)
      second = try validation.map { try kept($0, other, before: trainingCount) }
    } catch let error as TrainingError where error.kind == .cancelled {
      return false
    }
    cache?.finish()
    for note in cache?.takeNotes() ?? [] { observer.noted(note) }
    let failures = first.pass.failures.map(\.error) + (second?.pass.failures.map(\.error) ?? [])
    if !failures.isEmpty {
      skipped += failures
      observer.skipped(failures)
      let limit = plan.recipe.data.unreadableLimit
      if first.pass.kept.isEmpty { throw RunError.noneReadable(first.pass.failures.map(\.error), set: "training") }
      if let second, second.pass.kept.isEmpty {
        throw RunError.noneReadable(second.pass.failures.map(\.error), set: "validation")
      }
      // The limit is one for all pictures of the recipe: that a damaged one is in this part or that is chance.
      let all = (testPart?.failures ?? []) + failures
      let total = count + (testPart.map { $0.kept.count + $0.failures.count } ?? 0)
      if Double(all.count) > limit * Double(total) {
        throw RunError.tooManyUnreadable(all, of: total, limit: limit)
      }
      training = plan.samples(
        training.images.gathering(first.pass.kept), augmentation: plan.recipe.data.augment, views: plan.views)
      if let second {
        validation = validation.map { plan.samples($0.images.gathering(second.pass.kept), augmentation: []) }
      }
    }
    features = (first.features, second?.features)
    isChecked = true
    if !values.isEmpty {
      let input = model.inputs.map(\.value)
      var use = FeatureUse()
      if !values.training.isEmpty, values.training != input { use.add(first.pass) }
      if values.validation != input, let second { use.add(second.pass) }
      featureUse.add(use)
      // A run that finds all its features has been told before.
      if use.stored < max(1, use.images), let warning = plan.preprocessingWarning(on: device) {
        observer.noted("warning: \(warning)")
      }
      observer.featuresFinished(
        images: imageCount, stored: use.stored, seconds: first.pass.seconds + (second?.pass.seconds ?? 0),
        bytes: first.features.byteCount + (second?.features.byteCount ?? 0),
        throughFrozenLayers: use.images > 0)
    }
    return true
  }
}

/// The values that a pass over the pictures computes of each set.
struct FeatureValues {
  var training: [ValueID]
  var validation: [ValueID]

  init(_ plan: Plan, _ phases: [PlannedPhase]) {
    training = Set(phases.filter(plan.hasFixedPictures).flatMap(\.boundary)).sorted()
    validation = plan.validation == nil ? [] : Set(phases.flatMap(\.boundary)).sorted()
  }

  var isEmpty: Bool { training.isEmpty && validation.isEmpty }
}
