internal import Kernels
internal import Layers
internal import Tensors
internal import Training

/// Keeps a run's state while it goes on, so that it can be taken up again after whatever ended it.
///
/// A class because training holds it while the run changes what it says of the phases. It is used on the training thread only.
final class RunCheckpoints: TrainingKeeper {
  private let plan: Plan
  private let device: Device
  private let folder: CheckpointFolder
  private let observer: any RunObserver
  private let movable: [Int]
  let saves: ModelSaves
  private let clock = ContinuousClock()
  private var pace: CheckpointPace
  private var hasWritten = false
  private var isBroken = false
  /// What the run was started with; found out when it is first needed, because large models take a while.
  private lazy var fingerprint = plan.fingerprint(on: device)

  /// The phase that is under way, and what those before it did.
  var phase = 0
  var finished: [PhaseResult] = []

  init(_ plan: Plan, output: String, on device: Device, observer: any RunObserver) {
    self.plan = plan
    self.device = device
    self.observer = observer
    folder = CheckpointFolder(output + "/checkpoints")
    saves = ModelSaves(plan, output: output, observer: observer)
    movable = Array(Set(plan.model.parameters.indices).subtracting(plan.alwaysFrozenParameters)).sorted()
    let count = movable.reduce(0) { $0 + plan.model.parameters[$1].shape.elementCount }
    // What moves, its best so far, and two moments of it.
    pace = CheckpointPace(
      plan.recipe.checkpoint, byteCount: 4 * count * MemoryLayout<Float>.stride, start: clock.now)
  }

  /// Takes up the state of an earlier run: gives `model` its numbers.
  ///
  /// - Returns: the state; nil if there is nothing to go on from, which the observer is told.
  /// - Throws: `RunError` if the earlier run was another one.
  func resume(_ model: inout Model) throws -> TrainingState? {
    guard let (checkpoint, path, problems) = folder.latest() else {
      observer.noted(
        folder.isEmpty
          ? "nothing to resume in \(folder.path); starting from the beginning"
          : "no checkpoint in \(folder.path) is whole; starting from the beginning")
      return nil
    }
    for problem in problems { observer.noted("\(problem); going on from the one before it") }
    let differences = checkpoint.fingerprint.differences(from: fingerprint)
    guard differences.isEmpty else { throw RunError.otherRun(path: path, differences: differences) }
    guard plan.recipe.phases.indices.contains(checkpoint.phase), checkpoint.finished.count == checkpoint.phase else {
      throw RunError.otherRun(path: path, differences: ["the phases"])
    }
    try checkpoint.restore(&model, from: path)
    phase = checkpoint.phase
    finished = checkpoint.finished
    hasWritten = true
    let state = checkpoint.state
    observer.noted(
      "going on with phase \"\(plan.recipe.phases[phase].name)\", epoch \(state.epoch + 1), after batch \(state.batch)")
    return state
  }

  /// Says what an earlier run left that this one will replace.
  func announceReplacement() {
    if !folder.isEmpty {
      observer.noted(
        "\(folder.path) holds the state of a run that did not finish; it will be replaced. To go on with it: --resume")
    }
  }

  func batchEnded(_ model: Model, _ state: TrainingState) {
    if pace.isDue(at: clock.now) { write(model, state) }
  }

  func epochEnded(_ model: Model, _ state: TrainingState, isBest: Bool) {
    saves.epochEnded(model, state, isBest: isBest)
  }

  func stopped(_ model: Model, _ state: TrainingState) {
    if write(model, state) { observer.noted("to go on from here: the same command with --resume") }
  }

  /// Removes all checkpoints: the run has its results.
  func removeAll() { if hasWritten { folder.removeAll() } }

  /// A checkpoint that cannot be written ends no run; it is told once.
  @discardableResult
  private func write(_ model: Model, _ state: TrainingState) -> Bool {
    guard !isBroken else { return false }
    let start = clock.now
    // What an earlier run left stays until this one has something to keep.
    if !hasWritten { folder.removeAll() }
    let checkpoint = Checkpoint(
      fingerprint: fingerprint, phase: phase, finished: finished, state: state, model: model, movable: movable)
    do throws(CheckpointError) {
      try folder.add(checkpoint)
    } catch {
      isBroken = true
      observer.noted("the run goes on without checkpoints: \(error)")
      return false
    }
    hasWritten = true
    pace.wrote(from: start, to: clock.now)
    return true
  }
}
