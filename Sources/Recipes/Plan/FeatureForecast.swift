internal import Images
internal import Kernels
internal import Layers
internal import Tensors
internal import Training

/// Which pictures a run would send through the frozen part, and how many of them it would find in the cache.
struct FeatureForecast {
  /// Of the pass before each phase; zeros where an earlier pass has filled its boundary.
  let phases: [FeatureUse]

  init(_ plan: Plan, cache: FeatureCache?, on device: Device) throws {
    let input = plan.model.inputs.map(\.value)
    let frozenDevice = device.computing(in: plan.recipe.precision)
    var model = plan.model
    var uses: [FeatureUse] = []
    var held: Set<ValueID> = []
    for (index, phase) in plan.phases.enumerated() {
      phase.configure(&model)
      var use = FeatureUse()
      defer { uses.append(use) }
      let place = plan.place(of: phase, cache: cache)
      guard place != .nowhere, phase.followsChange || !held.isSuperset(of: phase.boundary) else { continue }
      let served = place == .memory ? plan.phasesServed(from: index) : [phase]
      held = Set(served.flatMap(\.boundary))
      let values = FeatureValues(plan, served)
      let usable = served.contains(where: \.followsChange) ? nil : cache
      let sets: [(pictures: LabelledImages?, values: [ValueID], views: Int?)] = [
        (plan.training, values.training, plan.views), (plan.validation, values.validation, nil),
      ]
      for (pictures, values, views) in sets {
        guard let pictures, !values.isEmpty, values != input else { continue }
        let samples = plan.samples(pictures, augmentation: views == nil ? [] : plan.recipe.data.augment, views: views)
        let part = try FrozenPart(model, to: values, picture: plan.inputShape, on: frozenDevice)
        let extraction = FeatureExtraction(
          samples, through: part, cache: usable, precision: plan.recipe.cache.precision)
        use.images += pictures.count
        use.stored += extraction.storedCount
      }
    }
    phases = uses
  }
}
