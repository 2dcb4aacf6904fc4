public import Layers

extension Trainer {
  /// Ends a phase that was stopped between two of its stages: the model becomes the best of the finished epochs.
  public func cancel(_ model: inout Model, state: inout TrainingState) -> PhaseResult {
    end(&model, &state, .cancelled)
  }

  /// Gives the model what it is to be in the end, and leaves the state that the next phase may go on with.
  func end(_ model: inout Model, _ state: inout TrainingState, _ outcome: PhaseResult.Outcome) -> PhaseResult {
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

  func result(_ state: TrainingState, _ outcome: PhaseResult.Outcome, kept: Int?) -> PhaseResult {
    PhaseResult(
      records: state.records, outcome: outcome, keptEpoch: kept, steps: state.step, gradientFlow: state.gradientFlow,
      seconds: state.seconds)
  }
}
