internal import Images
internal import Kernels
internal import Layers
internal import Training

/// The pictures of a run in the form that each phase needs: as features at its boundary, or as pictures through the frozen
/// part again and again where they change from epoch to epoch or would not fit into memory.
struct PictureSets {
  struct Sources {
    var training: any BatchSource
    var validation: (any BatchSource)?
  }

  let plan: Plan
  let device: Device
  /// Compiles the frozen part of the model, in the recipe's precision.
  let frozenDevice: Device
  let cache: FeatureCache?
  /// Where features are that other runs of this process need as well.
  let shelf: FeatureShelf?
  var training: ImageSamples
  var validation: ImageSamples?
  /// What became of the test part when it was read; nil where it was not.
  var testPart: (kept: LabelledImages, failures: [ImageError])?
  var features: (training: any KeptFeatures, validation: (any KeptFeatures)?)?
  var isChecked = false
  var skipped: [ImageError] = []
  /// Pictures that went through the frozen part, or came from the cache instead.
  var featureUse = FeatureUse()
  private(set) var lastSources: Sources?

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
