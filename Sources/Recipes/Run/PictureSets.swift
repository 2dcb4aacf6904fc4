internal import Execution
internal import Foundation
internal import Images
internal import Kernels
internal import Layers
internal import Tensors
internal import Training

/// The pictures of a run in the form that each phase needs: as features at its boundary, or as pictures through the frozen
/// part again and again where they change from epoch to epoch or would not fit into memory.
struct PictureSets {
  struct Sources {
    var training: any BatchSource
    var validation: (any BatchSource)?
  }

  private let plan: Plan
  private let device: Device
  /// Compiles the frozen part of the model, in the recipe's precision.
  private let frozenDevice: Device
  private let cache: FeatureCache?
  /// Where features are that other runs of this process need as well.
  private let shelf: FeatureShelf?
  private var training: ImageSamples
  private var validation: ImageSamples?
  private var features: (training: any KeptFeatures, validation: (any KeptFeatures)?)?
  private var isChecked = false
  private(set) var skipped: [ImageError] = []
  /// Pictures that went through the frozen part, or came from the cache instead.
  private(set) var featureUse = FeatureUse()
  private var lastSources: Sources?

  /// - Parameter cache: where features are kept from run to run; nil to keep none.
  init(_ plan: Plan, cache: FeatureCache?, shelf: FeatureShelf? = nil, on device: Device) {
    self.shelf = shelf
    self.plan = plan
    self.device = device
    self.cache = cache
    frozenDevice = device.computing(in: plan.recipe.precision)
    training = plan.samples(plan.training, augmentation: plan.recipe.data.augment, views: plan.views)
    validation = plan.validation.map { plan.samples($0, augmentation: []) }
  }

  /// The pictures to validate with that could be read.
  var validationImages: LabelledImages? { validation?.images }

  /// Pictures that are used.
  var imageCount: Int { training.count + (validation?.count ?? 0) }

  /// What a phase trains on; nil if stopped meanwhile.
  mutating func sources(
    forPhase index: Int, _ model: Model, observer: any RunObserver, shouldStop: @escaping @Sendable () -> Bool
  ) throws -> Sources? {
    let phase = plan.phases[index]
    let place = plan.place(of: phase, cache: cache)
    let isFixed = plan.hasFixedPictures(phase)
    let isThere =
      (!isFixed || features?.training.holds(phase.boundary) == true)
      && (validation == nil || features?.validation?.holds(phase.boundary) == true)
    if !isChecked || (place != .nowhere && (phase.followsChange || !isThere)) {
      // One pass over the pictures fills the boundaries of this phase and of the later ones that nothing before them changes.
      let served = place == .memory ? plan.phasesServed(from: index) : place == .disk ? [phase] : []
      guard try extract(for: served, in: place, model, observer: observer, shouldStop: shouldStop) else { return nil }
    }
    func source(
      _ samples: ImageSamples, _ features: (any KeptFeatures)?, mixer: BatchMixer? = nil
    ) throws -> any BatchSource {
      guard place != .nowhere, let features, features.holds(phase.boundary) else {
        return try streaming(samples, phase, model, mixer)
      }
      return features.restricted(to: phase.boundary)
    }
    let sources = Sources(
      training: try source(training, isFixed ? features?.training : nil, mixer: plan.recipe.mixer),
      validation: try validation.map { try source($0, features?.validation) })
    lastSources = sources
    return sources
  }

  /// Loss and metrics of the finished model on the validation pictures; nil where there are none.
  ///
  /// - Parameter inspect: is shown the outputs for every batch of them, in their order.
  func finalEvaluation(_ model: Model, inspect: ((Tensor) -> Void)? = nil) throws -> EvaluationResult? {
    guard let validation = lastSources?.validation else { return nil }
    let evaluator = Evaluator(
      loss: plan.loss, metrics: plan.metrics, batchSize: plan.recipe.data.batchSize,
      penalty: Penalty(model, l1: plan.recipe.l1, l2: plan.recipe.l2), on: device)
    return try evaluator.evaluate(model, on: validation, inspect: { outputs, _ in inspect?(outputs) })
  }

  /// What the activations behind the last phase's boundary do, on a few pictures for training; nil where none can go wrong.
  func activationHealth(_ model: Model) throws -> ActivationHealth? {
    try lastSources.flatMap { try ActivationHealth(model, on: $0.training, device: device) }
  }

  /// Loss and metrics of the finished model on the test pictures; nil where there are none. Those that cannot be read are left
  /// out.
  mutating func test(_ model: Model, observer: any RunObserver) throws -> EvaluationResult? {
    guard let pictures = plan.test else { return nil }
    let samples = plan.samples(pictures, augmentation: [])
    // As `finetune evaluate` computes it, so that everybody can compute it again.
    let extracted = try FeatureExtraction(samples, through: model, values: model.outputs, on: device)(
      on: device,
      progress: {
        observer.featuresProgressed(done: $0.done, of: $0.total, imagesPerSecond: $0.imagesPerSecond)
      })
    let failures = extracted.failures.map(\.error)
    if !failures.isEmpty {
      skipped += failures
      observer.skipped(failures)
      // The model is finished by now: it must not be lost over pictures that only measure it.
      guard !extracted.kept.isEmpty else {
        observer.noted(
          "warning: not one of the \(failures.count) test pictures can be read, so the model is written untested; mend them, "
            + "then measure it with finetune evaluate")
        return nil
      }
    }
    let evaluator = Evaluator(
      loss: plan.loss, metrics: plan.metrics, batchSize: plan.recipe.data.batchSize,
      penalty: Penalty(model, l1: plan.recipe.l1, l2: plan.recipe.l2), on: device)
    return try evaluator.evaluate(model, on: extracted.features)
  }

  /// Reads all pictures once, through the frozen part as far as some phases need it; leaves out those that cannot be read.
  private mutating func extract(
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
      if Double(failures.count) > limit * Double(count) {
        throw RunError.tooManyUnreadable(failures, of: count, limit: limit)
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

  private func streaming(
    _ samples: ImageSamples, _ phase: PlannedPhase, _ model: Model, _ mixer: BatchMixer?
  ) throws -> any BatchSource {
    var samples = samples
    // Where nothing is frozen, fixed views save nothing, and new ones are drawn in every epoch.
    if !plan.hasFixedPictures(phase) { samples.views = nil }
    return try ImageBatches(
      samples, for: model, boundary: phase.boundary, precision: plan.recipe.cache.precision, mixer: mixer,
      on: frozenDevice)
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

/// Where the values at a phase's boundary are kept.
enum FeaturePlace {
  case memory
  /// They are too many for the memory, and are mapped from the cache.
  case disk
  /// They are computed in every epoch.
  case nowhere
}

extension Plan {
  /// Whether every epoch of a phase sees the same pictures, or one of a few fixed views of each.
  func hasFixedPictures(_ phase: PlannedPhase) -> Bool {
    !recipe.data.isAugmented || (recipe.cache.views != nil && phase.boundary != model.inputs.map(\.value))
  }

  /// Where the values at a phase's boundary are kept.
  func place(of phase: PlannedPhase, cache: FeatureCache?) -> FeaturePlace {
    guard hasFixedPictures(phase) || validation != nil else { return .nowhere }
    let bytes = featureBytes(phase)
    if fitsIntoMemory(bytes) { return .memory }
    let stored = recipe.cache.precision == .bfloat16 ? bytes / 2 : bytes
    guard let cache, !phase.followsChange, phase.boundary != model.inputs.map(\.value), stored <= cache.limit else {
      return .nowhere
    }
    return .disk
  }

  /// Bytes of the values at a phase's boundary that can be kept.
  func featureBytes(_ phase: PlannedPhase) -> Int {
    let pictures = (hasFixedPictures(phase) ? training.count * (views ?? 1) : 0) + (validation?.count ?? 0)
    return phase.boundarySize * MemoryLayout<Float>.stride * pictures
  }

  private func fitsIntoMemory(_ bytes: Int) -> Bool { bytes <= memoryLimit }

  /// Bytes of features that may stand in memory.
  var memoryLimit: Int { recipe.cache.memoryLimit ?? Int(ProcessInfo.processInfo.physicalMemory / 2) }

  /// A phase, and the later ones whose values the same pass over the pictures can compute.
  func phasesServed(from index: Int) -> [PlannedPhase] {
    var served = [phases[index]]
    var bytes = featureBytes(phases[index])
    for later in phases[(index + 1)...] where !later.followsChange {
      let isNew = !Set(served.flatMap(\.boundary)).isSuperset(of: later.boundary)
      // What does not fit beside the others has a pass of its own when its phase comes.
      guard place(of: later, cache: nil) == .memory, !isNew || fitsIntoMemory(bytes + featureBytes(later)) else {
        continue
      }
      if isNew { bytes += featureBytes(later) }
      served.append(later)
    }
    return served
  }

  /// The cache on disk that the recipe asks for; nil if it asks for none, or there is no place for one.
  func featureCache() -> FeatureCache? {
    let wish = recipe.cache
    guard wish.isOnDisk, let directory = wish.directory.map(recipe.resolved) ?? FeatureCache.standardDirectory else {
      return nil
    }
    return FeatureCache(directory: directory, limit: wish.limit)
  }
}

extension Plan {
  /// Pictures as the model takes them.
  func samples(_ pictures: LabelledImages, augmentation: [any Augmentation], views: Int? = nil) -> ImageSamples {
    ImageSamples(
      pictures, loader: loader, augmentations: augmentation, preprocessing: preprocessing, seed: recipe.seed,
      views: views)
  }

  /// Reads pictures in the model's size and channels.
  var loader: ImageLoader {
    var loader = ImageLoader(
      Resizing(inputSize, interpolation: recipe.data.interpolation), mode: ColorMode(channelCount: channels) ?? .rgb)
    loader.decoding = recipe.data.decoding
    return loader
  }
}
