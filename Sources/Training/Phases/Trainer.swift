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
    let evaluator = Evaluator(settings, penalty: penalty, on: device)
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
}
