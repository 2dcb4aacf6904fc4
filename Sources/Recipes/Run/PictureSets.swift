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
  private var training: ImageSamples
  private var validation: ImageSamples?
  private var features: (training: CachedFeatures, validation: CachedFeatures?)?
  private var isChecked = false
  private(set) var skipped: [ImageError] = []
  private var lastSources: Sources?

  init(_ plan: Plan, on device: Device) {
    self.plan = plan
    self.device = device
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
    // One pass over the pictures fills the boundaries of this phase and of the later ones that nothing before them changes.
    let needed = keepsFeatures(phase) && keepsAnything ? wantedValues(from: index) : []
    // Where training pictures change, only those for validation are kept.
    let kept = (plan.hasFixedPictures ? features?.training : features?.validation)?.values ?? [:]
    let isThere = needed.allSatisfy { kept[$0] != nil }
    if !isChecked || (!needed.isEmpty && (phase.followsChange || !isThere)) {
      guard try extract(needed, model, observer: observer, shouldStop: shouldStop) else { return nil }
    }
    let sources: Sources
    if keepsFeatures(phase), let features {
      sources = Sources(
        training: plan.hasFixedPictures
          ? features.training.restricted(to: phase.boundary) : try streaming(training, phase, model),
        validation: features.validation?.restricted(to: phase.boundary))
    } else {
      sources = Sources(
        training: try streaming(training, phase, model),
        validation: try validation.map { try streaming($0, phase, model) })
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

  /// Whether there are pictures that are the same in every epoch.
  private var keepsAnything: Bool { plan.hasFixedPictures || plan.validation != nil }

  /// Whether the values at a phase's boundary are kept in memory: when they take at most half of it.
  private func keepsFeatures(_ phase: PlannedPhase) -> Bool { fits(phase.boundarySize) }

  /// Whether so many numbers of every picture take at most half of the memory.
  private func fits(_ size: Int) -> Bool {
    let bytes = Double(size) * 4 * Double(plan.training.count + (plan.validation?.count ?? 0))
    return bytes <= Double(ProcessInfo.processInfo.physicalMemory) / 2
  }

  private func wantedValues(from index: Int) -> [ValueID] {
    var wanted = Set(plan.phases[index].boundary)
    var size = plan.phases[index].boundarySize
    for later in plan.phases[(index + 1)...] where !later.followsChange && !wanted.isSuperset(of: later.boundary) {
      // What does not fit beside the others has a pass of its own when its phase comes.
      guard fits(size + later.boundarySize) else { continue }
      size += later.boundarySize
      wanted.formUnion(later.boundary)
    }
    return wanted.sorted()
  }

  /// Reads all pictures once, through the frozen part as far as `values`; leaves out those that cannot be read.
  private mutating func extract(
    _ values: [ValueID], _ model: Model, observer: any RunObserver, shouldStop: @escaping @Sendable () -> Bool
  ) throws -> Bool {
    let count = imageCount
    let trainingCount = training.count
    let first: ExtractedFeatures
    let second: ExtractedFeatures?
    do {
      // Pictures that change every epoch need no features; they are only read, to find those that cannot be.
      let extraction = try FeatureExtraction(
        training, through: model, values: plan.hasFixedPictures ? values : [], on: frozenDevice)
      first = try extraction(
        on: device,
        progress: { observer.featuresProgressed(done: $0.done, of: count, imagesPerSecond: $0.imagesPerSecond) },
        shouldStop: shouldStop)
      second = try validation.map {
        try FeatureExtraction($0, through: model, values: values, on: frozenDevice)(
          on: device,
          progress: {
            observer.featuresProgressed(
              done: trainingCount + $0.done, of: count, imagesPerSecond: $0.imagesPerSecond)
          }, shouldStop: shouldStop)
      }
    } catch let error as TrainingError where error.kind == .cancelled {
      return false
    }
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
      observer.featuresFinished(
        images: imageCount, seconds: first.seconds + (second?.seconds ?? 0),
        bytes: first.features.byteCount + (second?.features.byteCount ?? 0),
        throughFrozenLayers: values != model.inputs.map(\.value))
    }
    return true
  }

  private func streaming(_ samples: ImageSamples, _ phase: PlannedPhase, _ model: Model) throws -> any BatchSource {
    try ImageBatches(samples, for: model, boundary: phase.boundary, on: frozenDevice)
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
