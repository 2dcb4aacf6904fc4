import Kernels
import Layers
import Tensors

extension Trainer {
  /// The rest of a pass over all samples in a new order; nil if it was stopped.
  func trainEpoch(
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
      let (loss, unweighted, outputs, sizes) = try step(
        &model, values, targets, draws, penalty, optimizer, &state.optimizer, rate, factors, state.step,
        looks: batch == 0
      ) {
        "phase \"\(settings.name)\", epoch \(state.epoch + 1), batch \(batch + 1)"
      }
      // The first step of every epoch is looked at.
      if batch == 0 { state.gradientFlow.add(sizes, of: model) }
      running.add(loss: loss, unweighted: targets.weights == nil ? nil : unweighted, outputs, targets)
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
  ) throws(TrainingError) -> (loss: Double, unweightedLoss: Double, outputs: Tensor, sizes: [Int: StepSize]) {
    let pass = model.forwardPass(
      settings.loss, penalty, from: values, targets, random: settings.key.folding("step").folding(UInt64(step)),
      sampleIDs: indices.map(UInt64.init), on: device.training(in: settings.precision))
    let (loss, unweighted, outputs, statistics) = (pass.loss, pass.unweightedLoss, pass.outputs, pass.statistics)
    guard loss.isFinite else {
      let diagnosis = model.firstNonFinite(from: values, on: device).map { " Looking for the cause: \($0)." } ?? ""
      throw TrainingError(
        .diverged,
        "\(place()): the loss is \(loss.isNaN ? "not a number" : "infinite").\(diagnosis) The learning rate "
          + "(\(rate)) is probably too high; try a tenth of it. Pictures without preprocessing have the same effect.")
    }
    var move = BackwardMove(
      penalty: penalty, optimizer: optimizer, rate: rate, factors: factors,
      looked: looks ? Set(GradientFlow.kernels(of: model)) : [], device: device)
    move.take(pass, &model, &state)
    model.apply(statistics)
    return (loss, unweighted, outputs, move.sizes)
  }
}

extension PhaseSettings {
  /// The samples of one batch of an epoch whose order this is.
  fileprivate func samples(ofBatch batch: Int, _ order: [Int]) -> [Int] {
    Array(order[(batch * batchSize)..<min(order.count, (batch + 1) * batchSize)])
  }
}
