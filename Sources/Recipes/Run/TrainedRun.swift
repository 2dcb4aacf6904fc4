internal import Images
internal import Layers
internal import Training

/// What a run has trained, before anything is written.
struct TrainedRun {
  let plan: Plan
  let report: RunReport
  let model: Model
  /// What the optimizer of the last phase remembers, if it is to be kept.
  let optimizer: OptimizerState?
  /// The pictures that were validated with, without those that cannot be read.
  let validation: LabelledImages?
  let checkpoints: RunCheckpoints

  /// Whether training was ended before it was done.
  var isIncomplete: Bool { report.isCancelled || report.hitTimeLimit }

  /// Writes model, history, metrics and recipe; then no checkpoint of a finished run is needed any more.
  func write(to folder: OutputFolder, with more: [(name: String, text: String)] = []) throws {
    try folder.write(report, model: model, plan: plan, optimizer: optimizer, with: more)
    forget()
  }

  /// Removes the checkpoints of a run that is finished.
  func forget() { if !isIncomplete { checkpoints.removeAll() } }
}
