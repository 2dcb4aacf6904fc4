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
  ///   - state: what the optimiser remembers; a fresh one unless an earlier phase's is to be continued.
  ///   - shouldStop: asked before every batch. Once it says yes, the phase ends, and the model becomes the best of the
  ///     finished epochs (by what is monitored, else by `val_loss`, else by `loss`); if none is finished it stays as it is.
  /// - Throws: `ConfigError` if the settings do not fit the model or the data, `TrainingError` if the loss is no longer a
  ///   number or a picture can no longer be read. Then, too, the model is the best of the finished epochs.
  public func train(
    _ model: inout Model, on source: any BatchSource, validation: (any BatchSource)? = nil,
    state: inout OptimizerState, observer: (any TrainingObserver)? = nil,
    shouldStop: @Sendable () -> Bool = { false }
  ) throws -> PhaseResult {
    try check(model, source, validation)
    observer?.phaseBegan(phaseStart(model, source, validation))
    let penalty = Penalty(model, l2: settings.l2)
    let evaluator = Evaluator(
      loss: settings.loss, metrics: settings.metrics, batchSize: settings.batchSize, penalty: penalty, on: device)
    var monitor = BestEpoch(settings.earlyStopping, metrics: settings.metrics, hasValidation: validation != nil)
    var best: (model: Model, epoch: Int)?
    var records: [EpochRecord] = []
    var outcome = PhaseResult.Outcome.completed
    let clock = ContinuousClock()
    let start = clock.now
    var steps = PhaseSteps(settings, sampleCount: source.count, start: start)

    do {
      for epoch in 0..<settings.epochs {
        let epochStart = clock.now
        let training = try trainEpoch(epoch, &model, source, penalty, &state, &steps, observer, shouldStop)
        guard let training else {
          outcome = .cancelled
          break
        }
        var validated: EvaluationResult?
        if let validation {
          validated = try evaluator.evaluate(model, on: validation, shouldStop: shouldStop)
          if validated == nil {
            outcome = .cancelled
            break
          }
        }
        let record = EpochRecord(
          phase: settings.name, epoch: epoch + 1, training: training, validation: validated,
          learningRate: steps.lastRate, seconds: (clock.now - epochStart).seconds)
        records.append(record)
        observer?.epochEnded(record)
        let (isBest, stops) = monitor.observe(record, epoch: epoch)
        // A snapshot shares all memory until the next step moves the parameters: it costs one copy of what is trained.
        if isBest || best == nil { best = (model, epoch + 1) }
        if stops {
          outcome = .stoppedEarly(epoch: epoch + 1)
          break
        }
      }
    } catch {
      if let best { model = best.model }
      throw error
    }

    var kept = records.last?.epoch
    if let best, outcome == .cancelled || settings.earlyStopping?.restoresBestWeights == true {
      model = best.model
      kept = best.epoch
    }
    return PhaseResult(
      records: records, outcome: outcome, keptEpoch: kept, steps: steps.count, seconds: (clock.now - start).seconds)
  }

  /// One pass over all samples in a new order; nil if it was stopped.
  private func trainEpoch(
    _ epoch: Int, _ model: inout Model, _ source: any BatchSource, _ penalty: Penalty, _ state: inout OptimizerState,
    _ steps: inout PhaseSteps, _ observer: (any TrainingObserver)?, _ shouldStop: @Sendable () -> Bool
  ) throws -> EvaluationResult? {
    let number = settings.firstEpoch + epoch
    let order = settings.key.folding("shuffle").folding(UInt64(number)).permutation(source.count)
    var running = RunningResult(settings.metrics)
    let clock = ContinuousClock()
    let start = clock.now
    for batch in 0..<steps.batchesPerEpoch {
      if shouldStop() { return nil }
      let indices = Array(order[batch * settings.batchSize..<min(order.count, (batch + 1) * settings.batchSize)])
      let values = try source.batch(indices, epoch: number, on: device)
      let targets = source.targets[indices]
      let rate = settings.optimizer.learningRate.rate(step: steps.count, of: steps.total)
      let (loss, outputs) = try step(&model, values, targets, indices, penalty, &state, rate, steps.count) {
        "phase \"\(settings.name)\", epoch \(epoch + 1), batch \(batch + 1)"
      }
      running.add(loss: loss, outputs, targets)
      steps.advance(rate)
      observer?.batchEnded(
        BatchProgress(
          phase: settings.name, epoch: epoch + 1, epochs: settings.epochs, batch: batch + 1,
          batches: steps.batchesPerEpoch, result: running.result, samples: running.samples, totalSamples: source.count,
          imagesPerSecond: Double(running.samples) / max(1e-9, (clock.now - start).seconds),
          secondsLeft: steps.secondsLeft(clock.now)))
    }
    return running.result
  }

  /// Forward, backward, and the move along the gradient.
  private func step(
    _ model: inout Model, _ values: [ValueID: Tensor], _ targets: Targets, _ indices: [Int], _ penalty: Penalty,
    _ state: inout OptimizerState, _ rate: Double, _ step: Int, place: () -> String
  ) throws(TrainingError) -> (loss: Double, outputs: Tensor) {
    let pass = model.trainingPass(
      settings.loss, penalty, from: values, targets, random: settings.key.folding("step").folding(UInt64(step)),
      sampleIDs: indices.map(UInt64.init), on: device)
    guard pass.loss.isFinite else {
      throw TrainingError(
        .diverged,
        "\(place()): the loss is \(pass.loss.isNaN ? "not a number" : "infinite"). The learning rate (\(rate)) is probably "
          + "too high; try a tenth of it. Pictures without preprocessing have the same effect.")
    }
    state.move(&model, along: pass.gradients, settings.optimizer, rate: rate, on: device)
    model.apply(pass.statistics)
    return (pass.loss, pass.outputs)
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

/// Counts the steps of a phase.
private struct PhaseSteps {
  let batchesPerEpoch: Int
  let total: Int
  private let start: ContinuousClock.Instant
  private(set) var count = 0
  private(set) var lastRate = 0.0

  init(_ settings: PhaseSettings, sampleCount: Int, start: ContinuousClock.Instant) {
    batchesPerEpoch = (sampleCount + settings.batchSize - 1) / settings.batchSize
    total = batchesPerEpoch * settings.epochs
    self.start = start
  }

  mutating func advance(_ rate: Double) {
    count += 1
    lastRate = rate
  }

  func secondsLeft(_ now: ContinuousClock.Instant) -> Double {
    (now - start).seconds / Double(max(1, count)) * Double(total - count)
  }
}

extension Duration {
  /// This duration in seconds.
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
