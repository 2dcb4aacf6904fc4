import Kernels
import Layers
import Tensors

extension Trainer {
  /// Trains by L-BFGS: each iteration counts as an epoch.
  ///
  /// Nothing is kept in `state` on the way: a run that is gone on with does the phase again, to the same bits.
  func train(
    _ model: inout Model, on source: any BatchSource, validation: (any BatchSource)?, by method: LBFGS,
    state: inout TrainingState, observer: (any TrainingObserver)?, keeper: (any TrainingKeeper)?,
    shouldStop: @Sendable () -> Bool
  ) throws -> PhaseResult {
    let clock = ContinuousClock()
    let start = clock.now
    let penalty = Penalty(model, l1: settings.l1, l2: settings.l2)
    let evaluator = Evaluator(settings, penalty: penalty, on: device)
    var monitor = BestEpoch(settings.earlyStopping, metrics: settings.metrics, hasValidation: validation != nil)
    var function = FullBatch(settings, source, model, on: device)
    var history = CurvatureHistory(size: method.historySize)
    var records: [EpochRecord] = []
    var best: (model: Model, epoch: Int)?
    var previous: (model: Model, epoch: Int)?
    var isStopped = false
    var outcome = PhaseResult.Outcome.completed
    let constrained = model.trainableParameters.first { model.parameters[$0].constraint != nil }
    if let constrained {
      throw ConfigError(
        key: "phases.\(settings.name)",
        "lbfgs cannot keep \(model.parameters[constrained].path) to its constraint; use another optimizer")
    }

    search: if var here = try function.evaluate(function.weights(of: model), shouldStop: shouldStop) {
      guard here.loss.isFinite else { throw diverged(here.loss) }
      for epoch in 0..<settings.epochLimit {
        let epochStart = clock.now
        if here.gradient.allSatisfy({ abs($0) <= method.tolerance }), epoch > 0 {
          outcome = .stoppedEarly(epoch: epoch)
          break search
        }
        var direction = history.direction(here.gradient)
        if !(dot(direction, here.gradient) < 0) {
          history.forget()
          direction = here.gradient.map { -$0 }
        }
        let size = here.gradient.reduce(0) { $0 + abs($1) }
        let first = history.isEmpty ? min(1, 1 / max(size, 1e-30)) : 1
        let from = LinePoint(length: 0, value: here.loss, slope: dot(direction, here.gradient), details: Optional(here))
        let found = try lineSearch(from: from, first: first) { length in
          let weights = zip(here.weights, direction).map { $0 + length * $1 }
          let value = try function.evaluate(weights, shouldStop: shouldStop)
          return LinePoint(
            length: length, value: value?.loss ?? .nan, slope: value.map { dot(direction, $0.gradient) } ?? .nan,
            details: value)
        }
        if shouldStop() {
          outcome = .cancelled
          break search
        }
        // Where the loss does not fall along the way down, single precision has said all it can.
        guard let next = found?.details, let length = found?.length else {
          if epoch > 0 { outcome = .stoppedEarly(epoch: epoch) }
          break search
        }
        history.add(
          move: zip(next.weights, here.weights).map { $0 - $1 },
          change: zip(next.gradient, here.gradient).map { $0 - $1 })
        let progress = here.loss - next.loss
        here = next
        function.assign(here.weights, to: &model)
        let validated = try validation.flatMap { try evaluator.evaluate(model, on: $0, shouldStop: shouldStop) }
        if validation != nil, validated == nil {
          outcome = .cancelled
          break search
        }
        let record = EpochRecord(
          phase: settings.name, epoch: epoch + 1, training: here.result, validation: validated, learningRate: length,
          seconds: (clock.now - epochStart).seconds)
        records.append(record)
        observer?.epochEnded(record)
        let (isBest, stops) = monitor.observe(record, epoch: epoch)
        if isBest || best == nil { best = (model, epoch + 1) }
        isStopped = settings.earlyStopping != nil && stops
        if settings.earlyStopping?.restore == .previous, !isStopped, monitor.looks(at: epoch) {
          previous = (model, epoch + 1)
        }
        // Iterations are counted in the state for those who watch; a run that is gone on with does the phase again.
        var seen = state
        seen.epoch = epoch + 1
        try keeper?.epochEnded(model, seen, isBest: isBest)
        if isStopped || progress <= 1e-9 * max(1, abs(here.loss)) {
          outcome = .stoppedEarly(epoch: epoch + 1)
          break search
        }
      }
    } else {
      outcome = .cancelled
    }

    var kept = records.last?.epoch
    if let best, outcome == .cancelled || settings.earlyStopping?.restoresBestWeights == true {
      model = best.model
      kept = best.epoch
    } else if let previous, isStopped, settings.earlyStopping?.restore == .previous {
      model = previous.model
      kept = previous.epoch
    }
    state = TrainingState()
    return PhaseResult(
      records: records, outcome: outcome, keptEpoch: kept, steps: records.count, gradientFlow: GradientFlow(),
      seconds: (clock.now - start).seconds)
  }

  private func diverged(_ loss: Double) -> TrainingError {
    TrainingError(
      .diverged,
      "phase \"\(settings.name)\": the loss is \(loss.isNaN ? "not a number" : "infinite") before the first step. Pictures "
        + "without preprocessing or damaged weights have this effect.")
  }
}
