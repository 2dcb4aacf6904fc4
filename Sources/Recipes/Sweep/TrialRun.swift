internal import Foundation
internal import JSON
internal import Kernels
internal import Layers
internal import Synchronization
internal import Training

/// Runs one trial, up to a number of epochs or to its end.
struct TrialRun {
  let trial: SweepTrial
  let monitor: String
  let parts: SharedParts
  let shelf: FeatureShelf
  let device: Device
  let usesCache: Bool
  /// Where the state of a trial that is not at its end is kept.
  let folder: String
  /// Whether there may be such a state to go on from.
  let resumes: Bool
  /// Epochs after which it is judged; nil for all of them.
  let limit: Int?

  /// A model that may turn out to be the best.
  struct Candidate: Sendable {
    let number: Int
    let plan: Plan
    let report: RunReport
    let model: Model
    let optimizer: OptimizerState?
  }

  /// - Parameters:
  ///   - earlier: what is known of the trial from rungs below.
  ///   - candidate: is given the model, unless there are folds.
  /// - Returns: nil if it was stopped.
  func callAsFunction(
    after earlier: TrialResult?, candidate: (Candidate) -> Void, shouldStop: @escaping @Sendable () -> Bool
  ) -> TrialResult? {
    var result = earlier ?? TrialResult(trial, status: .finished)
    do {
      guard let recipe = trial.recipe else { return TrialResult(trial, status: .refused) }
      let plan = try Plan(recipe, sharing: parts)
      var reports: [RunReport] = []
      for (index, part) in (plan.folds.isEmpty ? [plan] : plan.folds).enumerated() {
        let place = plan.folds.isEmpty ? folder : folder + "/" + CrossValidation.folderName(index + 1)
        guard let trained = try trained(part, at: place, &result.seconds, shouldStop) else { return nil }
        reports.append(trained.report)
        if plan.folds.isEmpty {
          candidate(
            Candidate(
              number: trial.number, plan: plan, report: trained.report, model: trained.model,
              optimizer: trained.optimizer))
        }
      }
      try judge(reports, isFolded: !plan.folds.isEmpty, &result)
    } catch let error as any ReportedError {
      result.status = .failed
      result.reason = error.description
    } catch {
      result.status = .failed
      result.reason = "\(error)"
    }
    return result
  }

  /// Trains one model, and adds the time that it took without that for features, which serve all trials; nil if it was
  /// stopped.
  private func trained(
    _ plan: Plan, at place: String, _ seconds: inout Double, _ shouldStop: @escaping @Sendable () -> Bool
  ) throws -> TrainedRun? {
    func run(resumes: Bool) throws -> TrainedRun? {
      let counter = EpochLimit(limit)
      defer { seconds += counter.trainingSeconds }
      var run = Run(plan, on: device, output: place, resumes: resumes, usesCache: usesCache)
      run.shelf = shelf
      do {
        let trained = try run.trained(
          observer: counter, isFinal: false, shouldStop: { shouldStop() || counter.isReached })
        if trained.report.isCancelled, shouldStop() { return nil }
        trained.forget()
        return trained
      } catch RunError.cancelled where shouldStop() {
        return nil
      }
    }
    do {
      return try run(resumes: resumes)
    } catch RunError.otherRun where resumes {
      // What an earlier sweep left is of no use.
      return try run(resumes: false)
    }
  }

  private func judge(_ reports: [RunReport], isFolded: Bool, _ result: inout TrialResult) throws {
    var values: OrderedDictionary<String, Double> = [:]
    let fold = reports[0]
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let kept = reports.map { report in report.phases.last { !$0.result.records.isEmpty }?.result }
    if let record = kept[0]?.kept ?? kept[0]?.records.last {
      for name in ["loss"] + record.training.metrics.map(\.name) {
        values[name] = mean(kept.compactMap { ($0?.kept ?? $0?.records.last)?[name] })
      }
    }
    if let final = fold.final {
      for name in ["loss"] + final.metrics.map(\.name) {
        values["val_" + name] = mean(reports.compactMap { $0.final?[name] })
      }
    }
    guard let score = values[monitor], score.isFinite else {
      throw TrainingError(
        .diverged, "\(monitor) is \(values[monitor].map { "\($0)" } ?? "not there"); there is nothing to rank by")
    }
    result.values = values.filter(\.value.isFinite)
    result.scores.append(score)
    result.epochs = reports.reduce(0) { $0 + $1.history.records.count }
    if isFolded, reports.count > 1, monitor.hasPrefix("val_") {
      let name = String(monitor.dropFirst(4))
      result.standardError = FoldSummary.standardError(reports.compactMap { $0.final?[name] })
    }
    result.keptEpochs = fold.phases.indices.map { phase in
      let kept = reports.compactMap { $0.phases.indices.contains(phase) ? $0.phases[phase].result.keptEpoch : nil }
      return kept.isEmpty ? 0 : Int((Double(kept.reduce(0, +)) / Double(kept.count)).rounded())
    }
  }
}

/// Says when a run has had so many epochs, its earlier parts included, but not before it trains: what it trains on is needed
/// on the next rung as well.
private final class EpochLimit: RunObserver, Sendable {
  private let limit: Int?
  private let count = Atomic(0)
  private let isTraining = Atomic(false)
  private let start = Mutex<ContinuousClock.Instant?>(nil)

  init(_ limit: Int?) { self.limit = limit }

  var isReached: Bool {
    limit.map { isTraining.load(ordering: .relaxed) && count.load(ordering: .relaxed) >= $0 } ?? false
  }

  /// Since training began.
  var trainingSeconds: Double { start.withLock { $0.map { (ContinuousClock.now - $0).seconds } ?? 0 } }

  func continues(after epochs: Int) { count.store(epochs, ordering: .relaxed) }
  func phaseBegins(_ phase: PlannedPhase, number: Int, of count: Int) { isTraining.store(false, ordering: .relaxed) }
  func phaseBegan(_ phase: PhaseStart) {
    isTraining.store(true, ordering: .relaxed)
    start.withLock { $0 = $0 ?? .now }
  }
  func epochEnded(_ record: EpochRecord) { count.add(1, ordering: .relaxed) }
}
