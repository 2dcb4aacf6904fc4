public import Kernels
internal import Tensors
internal import Training

/// Does what a plan says: extracts features, trains phase after phase, writes the results.
public struct Run: Sendable {
  public let plan: Plan
  public let device: Device
  /// The folder that is written to.
  public let output: String
  /// Whether to go on from where an earlier run of the same plan was ended.
  public let resumes: Bool
  let cache: FeatureCache?
  /// Where features are that other runs of this process need as well.
  var shelf: FeatureShelf?

  /// - Parameters:
  ///   - output: instead of the recipe's own folder; as the file system takes it.
  ///   - resumes: whether to go on from where an earlier run of the same plan was ended, by Ctrl-C, by a kill or a crash.
  ///     The results are the same, to the last bit, as if it had not been. Without an earlier run it starts afresh.
  ///   - usesCache: false to read and write no features on disk, whatever the recipe says.
  public init(
    _ plan: Plan, on device: Device, output: String? = nil, resumes: Bool = false, usesCache: Bool = true
  ) {
    cache = usesCache ? plan.featureCache() : nil
    self.plan = plan
    self.resumes = resumes
    self.device = device
    self.output = output ?? plan.recipe.resolved(plan.recipe.output)
  }

  /// Trains and writes.
  ///
  /// When `shouldStop` says so, training ends after the batch, and what is written is the best model so far.
  public func callAsFunction(
    observer: any RunObserver = SilentRunObserver(),
    shouldStop isAskedToStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> RunReport {
    let folder = try OutputFolder(output)
    defer { folder.removeIfUnused() }
    if !plan.folds.isEmpty {
      return try CrossValidation(self)(to: folder, observer: observer, shouldStop: isAskedToStop)
    }
    let trained = try self.trained(observer: observer, shouldStop: isAskedToStop)
    try trained.write(to: folder)
    return trained.report
  }

  /// Trains, and writes nothing but checkpoints and logs.
  ///
  /// - Parameters:
  ///   - isFinal: false for a model that is only compared with others: no test part is touched for it, and its units are not
  ///     looked at.
  ///   - inspect: is shown what the finished model makes of the validation pictures, batch by batch.
  func trained(
    observer: any RunObserver, isFinal: Bool = true, inspect: ((Tensor) -> Void)? = nil,
    shouldStop isAskedToStop: @escaping @Sendable () -> Bool
  ) throws -> TrainedRun {
    let clock = ContinuousClock()
    let start = clock.now
    let deadline = plan.recipe.timeLimit.map { start + .seconds($0) }
    let isOver: @Sendable () -> Bool = { deadline.map { $0 <= ContinuousClock.now } ?? false }
    let shouldStop: @Sendable () -> Bool = { isAskedToStop() || isOver() }
    var model = plan.model
    let everFrozen = plan.alwaysFrozenParameters
    let fingerprint = FrozenFingerprint(model, parameters: everFrozen)

    var pictures = PictureSets(plan, cache: cache, shelf: shelf, on: device)
    if isFinal { try pictures.checkTestPictures(observer: observer, shouldStop: shouldStop) }
    let checkpoints = RunCheckpoints(plan, output: output, on: device, observer: observer)
    var state = resumes ? try checkpoints.resume(&model) : nil
    if !resumes { checkpoints.announceReplacement() }
    let logged = LoggingObserver(observer, plan.recipe.logs.opened(in: output))
    logged.begin(checkpoints.finished.flatMap(\.records) + (state?.finishedRecords ?? []))
    let earlier = checkpoints.finished.reduce(0) { $0 + $1.records.count } + (state?.finishedRecords.count ?? 0)
    if earlier > 0 { observer.continues(after: earlier) }
    var history = History(checkpoints.finished.flatMap(\.records))
    var phases = zip(plan.recipe.phases, checkpoints.finished).map { RunReport.Phase(name: $0.name, result: $1) }
    var isCancelled = false
    var remembered = plan.savedTraining.flatMap { saved in
      plan.phases.first.flatMap { OptimizerState(saved, for: $0.recipe.optimizer) }
    }
    for (number, phase) in plan.recipe.phases.enumerated().dropFirst(phases.count) where !isCancelled {
      checkpoints.phase = number
      (checkpoints.saves.phase, checkpoints.saves.firstEpoch) = (phase, history.records.count)
      let kept = phase.continuesOptimizer ? remembered : nil
      var training = state.take() ?? TrainingState(optimizer: kept ?? OptimizerState())
      var latest: PhaseResult?
      // A phase that thaws layers as it goes on has several stages; the state knows which of them are done.
      let (done, end) = (training.epoch, phase.lastEpoch ?? phase.epochs)
      for (index, stage) in plan.phases.enumerated()
      where stage.number == number && stage.epochs.upperBound > done && stage.epochs.lowerBound < end
        && latest?.outcome ?? .completed == .completed
      {
        stage.configure(&model)
        observer.phaseBegins(stage, number: number + 1, of: plan.recipe.phases.count)
        let trainer = Trainer(plan.settings(stage, firstEpoch: history.records.count), on: device)
        let sources = try pictures.sources(forPhase: index, model, observer: observer, shouldStop: shouldStop)
        if let sources {
          latest = try trainer.train(
            &model, on: sources.training, validation: sources.validation, state: &training, observer: logged,
            keeper: checkpoints, shouldStop: shouldStop)
        } else {
          isCancelled = true
          guard training.epoch > 0 else { break }
          checkpoints.stopped(model, training)
          latest = trainer.cancel(&model, state: &training)
        }
      }
      guard let result = latest else { break }
      remembered = training.optimizer
      history.records += result.records
      checkpoints.finished.append(result)
      phases.append(RunReport.Phase(name: phase.name, result: result))
      isCancelled = result.outcome == .cancelled
    }
    if phases.isEmpty { throw RunError.cancelled }

    let comparison = fingerprint.compare(with: model)
    guard comparison.isUnchanged else { throw RunError.frozenTensorsMoved(comparison.changed) }
    let final = try pictures.finalEvaluation(model, inspect: inspect)
    var activations: RunDiagnosis.Activations?
    if isFinal, !isCancelled, let now = try pictures.activationHealth(model) {
      // What is made from nothing has no faults that it was born with.
      activations = RunDiagnosis.Activations(
        now: now, before: plan.recipe.isFromNothing ? nil : try pictures.activationHealth(plan.model))
    }
    // A run that somebody ended may be gone on with: its model is not the one to be tested.
    let tested = !isFinal || isCancelled && isAskedToStop() ? nil : try pictures.test(model, observer: observer)
    let report = RunReport(
      output: output, seconds: (clock.now - start).seconds, imageCount: pictures.imageCount, skipped: pictures.skipped,
      features: pictures.featureUse,
      frozenTensorCount: plan.alwaysFrozenLayerTensorCount, phases: phases, final: final, test: tested,
      history: history,
      isCancelled: isCancelled && isAskedToStop(), hitTimeLimit: isCancelled && !isAskedToStop(),
      classNames: plan.labels,
      savedModels: ModelSaves.files(plan.recipe.save, epochs: history.records.count, in: output),
      activations: activations, bfloat16: device.computing(in: plan.recipe.precision).bfloat16,
      trainingPrecision: device.training(in: plan.recipe.trainingPrecision).trainingPrecision)
    return TrainedRun(
      plan: plan, report: report, model: model, optimizer: plan.recipe.savesOptimizer ? remembered : nil,
      validation: pictures.validationImages, checkpoints: checkpoints)
  }
}
