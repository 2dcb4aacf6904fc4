internal import Foundation
internal import Images
public import Kernels
internal import Synchronization
internal import Tensors
internal import Training

/// Trains many variants of a recipe and keeps the best.
///
/// Frozen layers are gone through once for each picture, not once for each trial. Trials of heads run side by side, one on each
/// thread; a trial's result is the same bits as that of a run of its own. No trial writes a model but the winner.
public struct Sweep: Sendable {
  public let recipe: SweepRecipe
  /// Every combination, in order.
  public let trials: [SweepTrial]
  /// The folder that is written to.
  public let output: String
  let parts: SharedParts

  /// What is known while a sweep goes on.
  private struct State: Sendable {
    var results: [Int: TrialResult] = [:]
    /// The best of the finished trials so far, and its model, unless an earlier run has trained it or there are folds.
    var bestResult: TrialResult?
    var best: TrialRun.Candidate?
  }

  /// Runs all trials, ranks them, and writes the table and the best model.
  ///
  /// When `shouldStop` says so, trials end after the batch they are in; the table has those that were finished.
  ///
  /// - Parameters:
  ///   - resumes: whether to leave out what an earlier run of the sweep into the same folder has done.
  ///   - usesCache: false to read and write no features on disk.
  public func callAsFunction(
    on device: Device, resumes: Bool = false, usesCache: Bool = true,
    observer: any SweepObserver = SilentSweepObserver(),
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> SweepReport {
    let clock = ContinuousClock()
    let start = clock.now
    let able = trials.filter { $0.refusal == nil }
    guard let first = able.first?.recipe else { preconditionFailure("a sweep has a trial that can be run") }
    let plan = try Plan(first, sharing: parts)
    let folder = try OutputFolder(output)
    defer { folder.removeIfUnused() }
    // Only the winner meets the test part; that it cannot be read is better known before all trials.
    if let test = plan.test {
      let part = try plan.readableTestPictures(
        test, on: device, observer: SilentRunObserver(), shouldStop: shouldStop)
      for error in part.failures { observer.noted("left out of the test part: \(error)") }
    }
    let monitor = recipe.monitored(plan)
    let ranking = TrialRanking(monitor: monitor, wantsMore: recipe.mode.wantsMore(monitor, metrics: plan.metrics))
    let record = SweepRecord(output: output, inputs: plan.inputs(on: device), ranking: ranking, recipe: recipe)
    let known = resumes ? try record.read(observer) : [:]

    let state = Mutex(State())
    state.withLock { state in
      for trial in trials {
        if let refusal = trial.refusal {
          state.results[trial.number] = TrialResult(trial, status: .refused, reason: refusal.description)
        }
      }
    }
    let shelf = FeatureShelf(limit: plan.memoryLimit, on: device)
    let threads = able.allSatisfy(\.isLight) ? device.threadCount : 1
    let serial = threads > 1 ? device.serial : device
    let ladder =
      recipe.method == .successiveHalving
      ? SuccessiveHalving(
        trials: able.count, epochs: able.map(\.epochs).max() ?? 1, factor: recipe.factor, minEpochs: recipe.minEpochs
      )
      .rungs : [SuccessiveHalving.Rung(trialCount: able.count, share: 1)]
    var reaching = able
    for (rung, step) in ladder.enumerated() where !shouldStop() {
      if rung > 0 {
        let judged = state.withLock { $0.results }
        let sound = reaching.compactMap { judged[$0.number] }.filter { $0.status != .failed }
        let chosen = Set(ranking.ranked(sound).prefix(step.trialCount).map(\.number))
        reaching = reaching.filter { chosen.contains($0.number) }
      }
      observer.rungBegins(rung + 1, of: ladder.count, trials: reaching.count, share: step.share)
      let isLast = rung == ladder.count - 1
      let tried = reaching
      let finished = Atomic(0)
      let lastWrite = Mutex(record)
      WorkerPool(threadCount: min(threads, max(1, tried.count))).forEach(tried.count) { index in
        guard !shouldStop() else { return }
        let trial = tried[index]
        let limit =
          isLast
          ? nil : SuccessiveHalving.limit(step.share, of: trial.epochs, minEpochs: recipe.minEpochs)
        let before = state.withLock { $0.results[trial.number] }
        var candidate: TrialRun.Candidate?
        let result: TrialResult?
        let earlier = known[trial.identity]
        // Of an earlier run; or it has had all its epochs on a rung below.
        if var earlier, earlier.scores.count > rung || earlier.status == .failed {
          earlier.scores = Array(earlier.scores.prefix(rung + 1))
          earlier.status = earlier.status == .failed ? .failed : limit == nil ? .finished : .halted
          // A sweep that was extended may count them otherwise.
          earlier.number = trial.number
          result = earlier
        } else if var before, before.status == .finished {
          before.scores.append(before.scores.last ?? .nan)
          result = before
        } else {
          let run = TrialRun(
            trial: trial, monitor: monitor, parts: parts, shelf: shelf, device: serial, usesCache: usesCache,
            folder: "\(output)/trials/\(trial.number)", resumes: resumes || rung > 0, limit: limit)
          var judged = run(after: before, candidate: { candidate = $0 }, shouldStop: shouldStop)
          if judged?.status != .failed { judged?.status = limit == nil ? .finished : .halted }
          result = judged
        }
        guard let result else { return }
        let isBest = state.withLock { state -> Bool in
          state.results[trial.number] = result
          guard result.status == .finished,
            ranking.ranked([state.bestResult, result].compactMap(\.self)).first?.number == result.number
          else { return false }
          state.bestResult = result
          state.best = candidate
          return true
        }
        let done = finished.add(1, ordering: .relaxed).newValue
        lastWrite.withLock { record in
          record.write(state.withLock { $0.results }, observer)
          observer.trialEnded(result, isBest: isBest, done: done, of: tried.count)
        }
      }
    }

    let results = state.withLock { $0.results }
    let best = ranking.ranked(results.values.filter { $0.status == .finished }).first
    var report = SweepReport(
      recipe: recipe, ranking: ranking, results: results, trialCount: trials.count, best: best,
      validationCount: plan.folds.isEmpty
        ? plan.validation?.count : plan.folds.reduce(0) { $0 + ($1.validation?.count ?? 0) },
      isFolded: !plan.folds.isEmpty, isStopped: shouldStop(), output: output)
    if let best {
      let written = try write(
        best, state.withLock { $0.best }, shelf, folder, device, usesCache, observer, isStopped: report.isStopped,
        shouldStop)
      (report.isWritten, report.test) = (written != nil, written?.test)
    }
    report.seconds = (clock.now - start).seconds
    try report.write(to: folder, inputs: record.inputs)
    if !report.isStopped { removeTrialFolders() }
    return report
  }

  /// Writes the best model, and gives its report: the one that was kept, or, of an earlier run or of folds, one that is trained now.
  private func write(
    _ best: TrialResult, _ kept: TrialRun.Candidate?, _ shelf: FeatureShelf, _ folder: OutputFolder, _ device: Device,
    _ usesCache: Bool, _ observer: any SweepObserver, isStopped: Bool, _ shouldStop: @escaping @Sendable () -> Bool
  ) throws -> RunReport? {
    if let kept, kept.number == best.number {
      var report = kept.report
      // Only now: what chose the winner has not seen the test part.
      var pictures = PictureSets(kept.plan, cache: nil, on: device)
      report.test = try pictures.test(kept.model, observer: SilentRunObserver())
      try folder.write(report, model: kept.model, plan: kept.plan, optimizer: kept.optimizer)
      return report
    }
    // Whoever asked to stop does not wait for it.
    guard !isStopped, let trial = trials.first(where: { $0.number == best.number }), var asked = trial.recipe else {
      return nil
    }
    let isFolded = asked.data.folds != nil
    observer.noted(
      isFolded
        ? "training the winner on all pictures, for as many epochs as its folds kept"
        : "training the winner again: its model was not kept by the earlier run")
    asked.data.folds?.refits = true
    let plan = try Plan(isFolded ? asked.refit(epochs: best.keptEpochs) : asked, sharing: parts)
    var run = Run(plan, on: device, output: output, usesCache: usesCache)
    run.shelf = shelf
    let trained = try run.trained(observer: SilentRunObserver(), shouldStop: shouldStop)
    guard !trained.isIncomplete || !shouldStop() else { return nil }
    try folder.write(
      trained.report, model: trained.model, plan: plan.asked(asked), optimizer: trained.optimizer)
    trained.forget()
    return trained.report
  }

  /// Removes what trials left to go on from, and nothing else.
  private func removeTrialFolders() {
    for trial in trials {
      let folder = "\(output)/trials/\(trial.number)"
      guard FileManager.default.fileExists(atPath: folder) else { continue }
      for place in [folder]
        + ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).map({ folder + "/" + $0 })
      {
        CheckpointFolder(place + "/checkpoints").removeAll()
      }
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
        unsafe _ = rmdir(folder + "/" + name)
      }
      unsafe _ = rmdir(folder)
    }
    unsafe _ = rmdir(output + "/trials")
  }
}

/// Is told how a sweep goes on, from any thread but one at a time.
public protocol SweepObserver: Sendable {
  func rungBegins(_ rung: Int, of count: Int, trials: Int, share: Double)
  func trialEnded(_ result: TrialResult, isBest: Bool, done: Int, of count: Int)
  func noted(_ message: String)
}

/// Hears and says nothing.
public struct SilentSweepObserver: SweepObserver {
  public init() {}
  public func rungBegins(_ rung: Int, of count: Int, trials: Int, share: Double) {}
  public func trialEnded(_ result: TrialResult, isBest: Bool, done: Int, of count: Int) {}
  public func noted(_ message: String) {}
}
