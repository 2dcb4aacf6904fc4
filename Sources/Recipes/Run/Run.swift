public import Images
public import Kernels
internal import Layers
public import Training

/// Does what a plan says: extracts features, trains phase after phase, writes the results.
public struct Run: Sendable {
  public let plan: Plan
  public let device: Device
  /// The folder that is written to.
  public let output: String

  /// - Parameter output: instead of the recipe's own folder; as the file system takes it.
  public init(_ plan: Plan, on device: Device, output: String? = nil) {
    self.plan = plan
    self.device = device
    self.output = output ?? plan.recipe.resolved(plan.recipe.output)
  }

  /// Trains and writes.
  ///
  /// When `shouldStop` says so, training ends after the batch, and what is written is the best model so far.
  public func callAsFunction(
    observer: any RunObserver = SilentRunObserver(), shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> RunReport {
    let clock = ContinuousClock()
    let start = clock.now
    let folder = try OutputFolder(output)
    defer { folder.removeIfUnused() }
    var model = plan.model
    let everFrozen = plan.alwaysFrozenParameters
    let fingerprint = FrozenFingerprint(model, parameters: everFrozen)

    var pictures = PictureSets(plan, on: device)
    var history = History()
    var phases: [RunReport.Phase] = []
    var isCancelled = false
    for (index, phase) in plan.phases.enumerated() where !isCancelled {
      phase.configure(&model)
      observer.phaseBegins(phase, number: index + 1, of: plan.phases.count)
      let sources = try pictures.sources(forPhase: index, model, observer: observer, shouldStop: shouldStop)
      guard let sources else {
        isCancelled = true
        break
      }
      let trainer = Trainer(settings(phase, history), on: device)
      var state = OptimizerState()
      let result = try trainer.train(
        &model, on: sources.training, validation: sources.validation, state: &state, observer: observer,
        shouldStop: shouldStop)
      history.records += result.records
      phases.append(RunReport.Phase(name: phase.recipe.name, result: result))
      isCancelled = result.outcome == .cancelled
    }
    if phases.isEmpty { throw RunError.cancelled }

    let comparison = fingerprint.compare(with: model)
    guard comparison.isUnchanged else { throw RunError.frozenTensorsMoved(comparison.changed) }
    let final = try pictures.finalEvaluation(model)
    let report = RunReport(
      output: output, seconds: (clock.now - start).seconds, imageCount: pictures.imageCount, skipped: pictures.skipped,
      frozenTensorCount: plan.alwaysFrozenLayerTensorCount, phases: phases, final: final, history: history,
      isCancelled: isCancelled,
      classNames: plan.labels, bfloat16: device.computing(in: plan.recipe.precision).bfloat16)
    try folder.write(report, model: model, plan: plan)
    return report
  }

  private func settings(_ phase: PlannedPhase, _ history: History) -> PhaseSettings {
    PhaseSettings(
      name: phase.recipe.name, epochs: phase.recipe.epochs, batchSize: plan.recipe.data.batchSize, loss: plan.loss,
      metrics: plan.metrics, optimizer: phase.recipe.optimizer, l2: plan.recipe.l2, earlyStopping: phase.earlyStopping,
      seed: plan.recipe.seed, firstEpoch: history.records.count)
  }
}

extension Plan {
  /// The tensors of the layers that are frozen in every phase.
  var alwaysFrozenLayerTensorCount: Int {
    let trained = phases.reduce(into: Set<Int>()) { $0.formUnion($1.trained) }
    return model.instances.indices.filter { !trained.contains($0) }.reduce(0) {
      $0 + model.instances[$1].parameters.count
    }
  }

  /// The parameters that no phase may move: those of layers frozen throughout, and what the policies for batch normalisation
  /// hold fixed in the others.
  var alwaysFrozenParameters: [Int] {
    var model = model
    var frozen = Set(model.parameters.indices)
    for phase in phases {
      phase.configure(&model)
      frozen.formIntersection(model.frozenParameters)
    }
    return frozen.sorted()
  }
}

/// Is told how a run goes on.
public protocol RunObserver: TrainingObserver {
  func phaseBegins(_ phase: PlannedPhase, number: Int, of count: Int)
  /// Pictures went through the frozen part of the model.
  func featuresProgressed(done: Int, of count: Int, imagesPerSecond: Double)
  /// All pictures are read and, where layers are frozen, went through them: so many in so many seconds, so many bytes kept.
  func featuresFinished(images: Int, seconds: Double, bytes: Int, throughFrozenLayers: Bool)
  /// Pictures that cannot be read are left out.
  func skipped(_ pictures: [ImageError])
}

extension RunObserver {
  public func phaseBegins(_ phase: PlannedPhase, number: Int, of count: Int) {}
  public func featuresProgressed(done: Int, of count: Int, imagesPerSecond: Double) {}
  public func featuresFinished(images: Int, seconds: Double, bytes: Int, throughFrozenLayers: Bool) {}
  public func skipped(_ pictures: [ImageError]) {}
}

/// Hears and says nothing.
public struct SilentRunObserver: RunObserver {
  public init() {}
}
