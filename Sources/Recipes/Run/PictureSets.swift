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
  private var training: ImageSamples
  private var validation: ImageSamples?
  private var features: (training: CachedFeatures, validation: CachedFeatures?)?
  private var isChecked = false
  private(set) var skipped: [ImageError] = []
  /// Pictures that went through the frozen part, or came from the cache instead.
  private(set) var featureUse = FeatureUse()
  private var lastSources: Sources?

  /// - Parameter cache: where features are kept from run to run; nil to keep none.
  init(_ plan: Plan, cache: FeatureCache?, on device: Device) {
    self.plan = plan
    self.device = device
    self.cache = cache
    frozenDevice = device.computing(in: plan.recipe.precision)
    training = plan.samples(plan.training, augmentation: plan.recipe.data.augment)
    validation = plan.validation.map { plan.samples($0, augmentation: []) }
  }

  /// Pictures that are used.
  var imageCount: Int { training.count + (validation?.count ?? 0) }

  /// What a phase trains on; nil if stopped meanwhile.
  mutating func sources(
    forPhase index: Int, _ model: Model, observer: any RunObserver, shouldStop: @escaping @Sendable () -> Bool
  ) throws -> Sources? {
    let phase = plan.phases[index]
    let isKept = plan.keepsFeatures(phase)
    let isFixed = plan.hasFixedPictures(phase)
    let isThere =
      (!isFixed || features?.training.holds(phase.boundary) == true)
      && (validation == nil || features?.validation?.holds(phase.boundary) == true)
    if !isChecked || (isKept && (phase.followsChange || !isThere)) {
      // One pass over the pictures fills the boundaries of this phase and of the later ones that nothing before them changes.
      let served = isKept ? plan.phasesServed(from: index) : []
      guard try extract(for: served, model, observer: observer, shouldStop: shouldStop) else { return nil }
    }
    var sources = Sources(training: try streaming(training, phase, model))
    if isKept, isFixed, let features { sources.training = features.training.restricted(to: phase.boundary) }
    if isKept, let features {
      sources.validation = features.validation?.restricted(to: phase.boundary)
    } else {
      sources.validation = try validation.map { try streaming($0, phase, model) }
    }
    lastSources = sources
    return sources
  }

  /// Loss and metrics of the finished model on the validation pictures; nil where there are none.
  func finalEvaluation(_ model: Model) throws -> EvaluationResult? {
    guard let validation = lastSources?.validation else { return nil }
    let evaluator = Evaluator(
      loss: plan.loss, metrics: plan.metrics, batchSize: plan.recipe.data.batchSize,
      penalty: Penalty(model, l1: plan.recipe.l1, l2: plan.recipe.l2), on: device)
    return try evaluator.evaluate(model, on: validation)
  }

  /// Reads all pictures once, through the frozen part as far as some phases need it; leaves out those that cannot be read.
  private mutating func extract(
    for phases: [PlannedPhase], _ model: Model, observer: any RunObserver,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws -> Bool {
    let count = imageCount
    let trainingCount = training.count
    // Pictures that change in every epoch need no features; they are only read, to find those that cannot be.
    let values = FeatureValues(plan, phases)
    let part = try FrozenPart(model, to: values.training, picture: plan.inputShape, on: frozenDevice)
    // What depends on what was trained is of no use to other runs.
    let cache = phases.contains(where: \.followsChange) ? nil : cache
    let precision = plan.recipe.cache.precision
    let first: ExtractedFeatures
    let second: ExtractedFeatures?
    do {
      let extraction = FeatureExtraction(
        training, through: part, cache: cache, precision: precision, views: values.training.isEmpty ? nil : plan.views)
      first = try extraction(
        on: device,
        progress: { observer.featuresProgressed(done: $0.done, of: count, imagesPerSecond: $0.imagesPerSecond) },
        shouldStop: shouldStop)
      second = try validation.map {
        let part =
          values.validation == values.training
          ? part : try FrozenPart(model, to: values.validation, picture: plan.inputShape, on: frozenDevice)
        return try FeatureExtraction($0, through: part, cache: cache, precision: precision)(
          on: device,
          progress: {
            observer.featuresProgressed(
              done: trainingCount + $0.done, of: count, imagesPerSecond: $0.imagesPerSecond)
          }, shouldStop: shouldStop)
      }
    } catch let error as TrainingError where error.kind == .cancelled {
      return false
    }
    cache?.finish()
    for note in cache?.takeNotes() ?? [] { observer.noted(note) }
    let failures = first.failures.map(\.error) + (second?.failures.map(\.error) ?? [])
    if !failures.isEmpty {
      skipped += failures
      observer.skipped(failures)
      let limit = plan.recipe.data.unreadableLimit
      if first.kept.isEmpty { throw RunError.noneReadable(first.failures.map(\.error), set: "training") }
      if let second, second.kept.isEmpty {
        throw RunError.noneReadable(second.failures.map(\.error), set: "validation")
      }
      if Double(failures.count) > limit * Double(count) {
        throw RunError.tooManyUnreadable(failures, of: count, limit: limit)
      }
      training = plan.samples(training.images.gathering(first.kept), augmentation: plan.recipe.data.augment)
      if let second { validation = validation.map { plan.samples($0.images.gathering(second.kept), augmentation: []) } }
    }
    features = (first.features, second?.features)
    isChecked = true
    if !values.isEmpty {
      let input = model.inputs.map(\.value)
      var use = FeatureUse()
      if values.training != input { use.add(first) }
      if values.validation != input, let second { use.add(second) }
      featureUse.add(use)
      observer.featuresFinished(
        images: imageCount, stored: use.stored, seconds: first.seconds + (second?.seconds ?? 0),
        bytes: first.features.byteCount + (second?.features.byteCount ?? 0),
        throughFrozenLayers: use.images > 0)
    }
    return true
  }

  private func streaming(_ samples: ImageSamples, _ phase: PlannedPhase, _ model: Model) throws -> any BatchSource {
    try ImageBatches(
      samples, for: model, boundary: phase.boundary, precision: plan.recipe.cache.precision, on: frozenDevice)
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

extension CachedFeatures {
  /// Whether all values of a boundary are there.
  fileprivate func holds(_ boundary: [ValueID]) -> Bool { boundary.allSatisfy { values[$0] != nil } }
}

extension Plan {
  /// Whether every epoch of a phase sees the same pictures, or one of a few fixed views of each.
  func hasFixedPictures(_ phase: PlannedPhase) -> Bool {
    recipe.data.augment.isEmpty || (recipe.cache.views != nil && phase.boundary != model.inputs.map(\.value))
  }

  /// Whether the values at a phase's boundary are kept in memory.
  func keepsFeatures(_ phase: PlannedPhase) -> Bool {
    (hasFixedPictures(phase) || validation != nil) && fitsIntoMemory(featureBytes(phase))
  }

  /// Bytes of the values at a phase's boundary that can be kept.
  func featureBytes(_ phase: PlannedPhase) -> Int {
    let pictures = (hasFixedPictures(phase) ? training.count * (views ?? 1) : 0) + (validation?.count ?? 0)
    return phase.boundarySize * MemoryLayout<Float>.stride * pictures
  }

  private func fitsIntoMemory(_ bytes: Int) -> Bool {
    bytes <= recipe.cache.memoryLimit ?? Int(ProcessInfo.processInfo.physicalMemory / 2)
  }

  /// A phase, and the later ones whose values the same pass over the pictures can compute.
  func phasesServed(from index: Int) -> [PlannedPhase] {
    var served = [phases[index]]
    var bytes = featureBytes(phases[index])
    for later in phases[(index + 1)...] where !later.followsChange {
      let isNew = !Set(served.flatMap(\.boundary)).isSuperset(of: later.boundary)
      // What does not fit beside the others has a pass of its own when its phase comes.
      guard keepsFeatures(later), !isNew || fitsIntoMemory(bytes + featureBytes(later)) else { continue }
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
  func samples(_ pictures: LabelledImages, augmentation: [any Augmentation]) -> ImageSamples {
    ImageSamples(
      pictures, loader: loader, augmentations: augmentation, preprocessing: preprocessing, seed: recipe.seed)
  }

  /// Reads pictures in the model's size and channels.
  var loader: ImageLoader {
    ImageLoader(
      Resizing(inputSize, interpolation: recipe.data.interpolation), mode: ColorMode(channelCount: channels) ?? .rgb)
  }
}
