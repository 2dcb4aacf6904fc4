public import Kernels
public import Layers
import Tensors

/// Runs one phase: mini-batches in random order, and after each epoch a look at the validation data.
///
/// The same model, data, settings and seed give the same bits, with any number of threads.
public struct Trainer: Sendable {
  public let settings: PhaseSettings
  public let device: Device

  public init(_ settings: PhaseSettings, on device: Device) {
    self.settings = settings
    self.device = device
  }

  /// Trains what is not frozen in `model`.
  ///
  /// - Parameters:
  ///   - source: gives values of `model` from which its output can be computed.
  ///   - state: where the phase stands, and what the optimiser remembers: a fresh one begins the phase. One that was kept
  ///     goes on from there, with the model as it was then. Afterwards it holds what the next phase may go on with.
  ///   - keeper: is shown model and state after every batch.
  ///   - shouldStop: asked before every batch. Once it says yes, the phase ends, and the model becomes the best of the
  ///     finished epochs (by what is monitored, else by `val_loss`, else by `loss`); if none is finished it stays as it is.
  /// - Throws: `ConfigError` if the settings do not fit the model or the data, `TrainingError` if the loss is no longer a
  ///   number or a picture can no longer be read. Then, too, the model is the best of the finished epochs.
  public func train(
    _ model: inout Model, on source: any BatchSource, validation: (any BatchSource)? = nil,
    state: inout TrainingState, observer: (any TrainingObserver)? = nil, keeper: (any TrainingKeeper)? = nil,
    shouldStop: @Sendable () -> Bool = { false }
  ) throws -> PhaseResult {
    try check(model, source, validation)
    observer?.phaseBegan(phaseStart(model, source, validation))
    if let method = settings.optimizer as? LBFGS {
      return try train(
        &model, on: source, validation: validation, by: method, state: &state, observer: observer,
        keeper: keeper, shouldStop: shouldStop)
    }
    let penalty = Penalty(model, l1: settings.l1, l2: settings.l2)
    let evaluator = Evaluator(
      loss: settings.loss, metrics: settings.metrics, batchSize: settings.batchSize, penalty: penalty, on: device)
    var monitor = BestEpoch(
      settings.earlyStopping, metrics: settings.metrics, hasValidation: validation != nil, continuing: state.monitored)
    var plateau = settings.reduceLROnPlateau.map {
      Plateau($0, metrics: settings.metrics, continuing: state.plateau)
    }
    let factors =
      settings.layerRates.isUniform
      ? nil : try settings.layerRates.factors(for: model, later: settings.stage?.trainedInTheEnd ?? [])
    let moved = Set(model.parameters.indices).subtracting(model.frozenParameters)
    // What has thawed since stands as it did then: it has not moved yet.
    for index in moved {
      if state.best?.parameters[index] == nil { state.best?.parameters[index] = model.parameters[index].value }
      if state.previous?.parameters[index] == nil { state.previous?.parameters[index] = model.parameters[index].value }
    }
    let last = min(settings.epochLimit, settings.stage?.end ?? settings.epochs)
    var outcome = PhaseResult.Outcome.completed
    let clock = ContinuousClock()
    let start = clock.now
    let earlier = state.seconds
    let pace = PhasePace(settings, sampleCount: source.count, from: state.step, start: start)

    do {
      while state.epoch < last {
        let epochStart = clock.now
        let training = try trainEpoch(
          &model, source, penalty, &state, pace, factors, observer, keeper, shouldStop)
        guard let training else {
          outcome = .cancelled
          break
        }
        var validated: EvaluationResult?
        // What is judged and kept: the weights, or their running average.
        let result = state.optimizer.averaged(model)
        if let validation {
          validated = try evaluator.evaluate(result, on: validation, shouldStop: shouldStop)
          if validated == nil {
            try keeper?.stopped(model, state)
            outcome = .cancelled
            break
          }
        }
        let record = EpochRecord(
          phase: settings.name, epoch: state.epoch + 1, training: training, validation: validated,
          learningRate: state.learningRate, seconds: (clock.now - epochStart).seconds)
        state.records.append(record)
        observer?.epochEnded(record)
        let (isBest, stops) = monitor.observe(record, epoch: state.epoch)
        // A snapshot shares all memory until the next step moves the parameters: it costs one copy of what is trained.
        if isBest || state.best == nil {
          state.best = (state.epoch + 1, result.values(ofParameters: moved))
        }
        state.monitored = monitor.seen
        plateau?.observe(record, rate: state.learningRate)
        if let plateau { state.plateau = plateau.seen }
        state.seconds = earlier + (clock.now - start).seconds
        state.epoch += 1
        state.batch = 0
        state.running = RunningResult.Sums()
        try keeper?.epochEnded(result, state, isBest: isBest)
        if settings.earlyStopping?.restore == .previous, !stops, monitor.looks(at: state.epoch - 1) {
          state.previous = (state.epoch, result.values(ofParameters: moved))
        }
        if stops {
          outcome = .stoppedEarly(epoch: state.epoch)
          break
        }
      }
    } catch {
      if let best = state.best { model.restore(best.parameters) }
      throw error
    }

    state.seconds = earlier + (clock.now - start).seconds
    if outcome == .completed, last < settings.epochLimit {
      return result(state, outcome, kept: state.records.last?.epoch)
    }
    return end(&model, &state, outcome)
  }

  /// Ends a phase that was stopped between two of its stages: the model becomes the best of the finished epochs.
  public func cancel(_ model: inout Model, state: inout TrainingState) -> PhaseResult {
    end(&model, &state, .cancelled)
  }

  /// Gives the model what it is to be in the end, and leaves the state that the next phase may go on with.
  private func end(_ model: inout Model, _ state: inout TrainingState, _ outcome: PhaseResult.Outcome) -> PhaseResult {
    var kept = state.records.last?.epoch
    let restore = settings.earlyStopping?.restore ?? .last
    let wasJudged = state.monitored.best != nil
    if let best = state.best, outcome == .cancelled || (restore == .best && wasJudged) {
      model.restore(best.parameters)
      kept = best.epoch
    } else if let previous = state.previous, restore == .previous, case .stoppedEarly = outcome {
      model.restore(previous.parameters)
      kept = previous.epoch
    } else if outcome != .cancelled {
      model = state.optimizer.averaged(model)
    }
    defer { state = TrainingState(optimizer: state.optimizer) }
    return result(state, outcome, kept: kept)
  }

  private func result(_ state: TrainingState, _ outcome: PhaseResult.Outcome, kept: Int?) -> PhaseResult {
    PhaseResult(
      records: state.records, outcome: outcome, keptEpoch: kept, steps: state.step, gradientFlow: state.gradientFlow,
      seconds: state.seconds)
  }

  /// The rest of a pass over all samples in a new order; nil if it was stopped.
  private func trainEpoch(
    _ model: inout Model, _ source: any BatchSource, _ penalty: Penalty, _ state: inout TrainingState,
    _ pace: PhasePace, _ factors: [Double]?, _ observer: (any TrainingObserver)?,
    _ keeper: (any TrainingKeeper)?,
    _ shouldStop: @Sendable () -> Bool
  ) throws -> EvaluationResult? {
    let number = settings.firstEpoch + state.epoch
    let order = settings.order(of: source.targets, epoch: number)
    var running = RunningResult(settings.metrics, continuing: state.running)
    let clock = ContinuousClock()
    let start = clock.now
    let before = running.samples
    var pending: (any PendingBatch)?
    while state.batch < pace.batchesPerEpoch {
      if shouldStop() {
        try keeper?.stopped(model, state)
        return nil
      }
      let batch = state.batch
      let draws = settings.samples(ofBatch: batch, order)
      let indices = source.indices(ofDraws: draws)
      let values = try pending?.values(on: device) ?? source.batch(indices, epoch: number, on: device)
      // Read while this batch is trained on; given up if that is not to be.
      pending =
        batch + 1 < pace.batchesPerEpoch
        ? source.begin(
          source.indices(ofDraws: settings.samples(ofBatch: batch + 1, order)), epoch: number, on: device) : nil
      let drawn = settings.sampling.targets(source.targets(indices, epoch: number))
      let targets = settings.classWeights.map { drawn.weighted(byClass: $0) } ?? drawn
      let rate =
        state.plateau.factor
        * settings.rate(batch: state.step, of: pace.total, batchesPerEpoch: pace.batchesPerEpoch)
      let optimizer = settings.optimizer(
        batch: state.step, of: pace.total, batchesPerEpoch: pace.batchesPerEpoch)
      // The first step of every epoch is looked at: it costs a copy of the kernels.
      let kernels = batch == 0 ? model.copies(ofParameters: GradientFlow.kernels(of: model)) : nil
      let (loss, outputs, gradients) = try step(
        &model, values, targets, draws, penalty, optimizer, &state.optimizer, rate, factors, state.step,
        looks: kernels != nil
      ) {
        "phase \"\(settings.name)\", epoch \(state.epoch + 1), batch \(batch + 1)"
      }
      if let kernels, let gradients { state.gradientFlow.add(gradients, before: kernels, after: model) }
      running.add(loss: loss, outputs, targets)
      state.running = running.sums
      state.step += 1
      state.batch += 1
      state.learningRate = rate
      observer?.batchEnded(
        BatchProgress(
          phase: settings.name, epoch: state.epoch + 1, epochs: settings.epochs, batch: state.batch,
          batches: pace.batchesPerEpoch, result: running.cheapResult, samples: running.samples,
          totalSamples: source.count,
          imagesPerSecond: Double(running.samples - before) / max(1e-9, (clock.now - start).seconds),
          secondsLeft: pace.secondsLeft(after: state.step, at: clock.now)))
      try keeper?.batchEnded(model, state)
    }
    return running.result
  }

  /// Forward, backward, and the move along the gradient.
  private func step(
    _ model: inout Model, _ values: [ValueID: Tensor], _ targets: Targets, _ indices: [Int], _ penalty: Penalty,
    _ optimizer: any Optimizer, _ state: inout OptimizerState, _ rate: Double, _ factors: [Double]?, _ step: Int,
    looks: Bool, place: () -> String
  ) throws(TrainingError) -> (loss: Double, outputs: Tensor, gradients: Gradients?) {
    let pass = model.forwardPass(
      settings.loss, penalty, from: values, targets, random: settings.key.folding("step").folding(UInt64(step)),
      sampleIDs: indices.map(UInt64.init), on: device)
    let (loss, outputs, statistics) = (pass.loss, pass.outputs, pass.statistics)
    guard loss.isFinite else {
      let diagnosis = model.firstNonFinite(from: values, on: device).map { " Looking for the cause: \($0)." } ?? ""
      throw TrainingError(
        .diverged,
        "\(place()): the loss is \(loss.isNaN ? "not a number" : "infinite").\(diagnosis) The learning rate "
          + "(\(rate)) is probably too high; try a tenth of it. Pictures without preprocessing have the same effect.")
    }
    var gradients: Gradients?
    if optimizer.settings.takesGradientsOneByOne, !looks {
      // Each parameter moves as soon as its gradient is complete, so that gradients are never all in memory.
      state.beginStep(optimizer)
      pass.backward { parameter, gradient in
        var gradient = gradient
        penalty.add(to: &gradient, ofParameter: parameter, in: model)
        state.move(
          &model, parameter, along: gradient, optimizer, rate: rate * (factors?[parameter] ?? 1), on: device)
      }
      state.endStep(&model)
    } else {
      var all = Gradients(parameterCount: model.parameters.count)
      pass.backward { parameter, gradient in
        var gradient = gradient
        penalty.add(to: &gradient, ofParameter: parameter, in: model)
        all[parameter] = gradient
      }
      if looks { gradients = all }
      state.move(&model, along: all, optimizer, rate: rate, factors: factors, on: device)
    }
    model.apply(statistics)
    return (loss, outputs, gradients)
  }

  private func check(_ model: Model, _ source: any BatchSource, _ validation: (any BatchSource)?) throws {
    guard model.outputs.count == 1 else {
      throw ConfigError(key: "model", "only models with one output can be trained, this one has \(model.outputs.count)")
    }
    guard source.count > 0 else { throw TrainingError(.mismatch, "there is nothing to train on") }
    guard !model.trainableParameters.isEmpty else {
      throw ConfigError(
        key: "phases.\(settings.name)",
        "every layer is frozen or has nothing to learn; there would be nothing to train. Unfreeze something.")
    }
    try settings.earlyStopping?.check(metrics: settings.metrics, hasValidation: validation != nil)
    try settings.reduceLROnPlateau?.check(metrics: settings.metrics, hasValidation: validation != nil)
  }

  private func phaseStart(
    _ model: Model, _ source: any BatchSource, _ validation: (any BatchSource)?
  ) -> PhaseStart {
    let trainable = model.trainableParameters
    return PhaseStart(
      phase: settings.name, epochs: settings.epochs, samples: source.count, validationSamples: validation?.count ?? 0,
      batchSize: settings.batchSize, trainableTensors: trainable.count,
      trainableParameters: trainable.reduce(0) { $0 + model.parameters[$1].value.count })
  }
}

extension PhaseSettings {
  /// The samples of one batch of an epoch whose order this is.
  fileprivate func samples(ofBatch batch: Int, _ order: [Int]) -> [Int] {
    Array(order[(batch * batchSize)..<min(order.count, (batch + 1) * batchSize)])
  }
}

/// How many steps a phase has, and how fast they go.
private struct PhasePace {
  let batchesPerEpoch: Int
  let total: Int
  private let start: ContinuousClock.Instant
  private let first: Int

  /// - Parameter first: the step that this stretch begins with.
  init(_ settings: PhaseSettings, sampleCount: Int, from first: Int, start: ContinuousClock.Instant) {
    batchesPerEpoch = (sampleCount + settings.batchSize - 1) / settings.batchSize
    total = batchesPerEpoch * settings.epochs
    self.start = start
    self.first = first
  }

  func secondsLeft(after step: Int, at now: ContinuousClock.Instant) -> Double {
    (now - start).seconds / Double(max(1, step - first)) * Double(total - step)
  }
}

extension Model {
  /// The values of some parameters, by index.
  fileprivate func values(ofParameters indices: some Sequence<Int>) -> [Int: Tensor] {
    Dictionary(uniqueKeysWithValues: indices.map { ($0, parameters[$0].value) })
  }

  /// Copies of some parameters, by index, in memory of their own: the parameters themselves stay where they are.
  fileprivate func copies(ofParameters indices: some Sequence<Int>) -> [Int: Tensor] {
    Dictionary(uniqueKeysWithValues: indices.map { ($0, Tensor(parameters[$0].shape, parameters[$0].value.elements)) })
  }

  /// Takes back the values that some parameters had, by index.
  fileprivate mutating func restore(_ values: [Int: Tensor]) {
    for (index, value) in values { parameters[index].value = value }
  }
}

extension Duration {
  /// This duration in seconds.
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
