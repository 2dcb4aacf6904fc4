internal import Foundation
internal import Images
internal import Kernels
internal import Tensors
internal import Training

/// Trains a model for each fold of a plan, then one on all pictures if the recipe asks for it.
///
/// Frozen layers are gone through once for each picture, not once for each fold. `fold-1` and its like in the output folder hold
/// what a run of that fold alone would have written, and what its model makes of the pictures it was not trained with.
struct CrossValidation {
  private let run: Run
  private let plan: Plan
  private let shelf: FeatureShelf

  init(_ run: Run) {
    self.run = run
    plan = run.plan
    shelf = run.shelf ?? FeatureShelf(limit: plan.memoryLimit, on: run.device)
  }

  func callAsFunction(
    to folder: OutputFolder, observer: any RunObserver, shouldStop isAskedToStop: @escaping @Sendable () -> Bool
  ) throws -> RunReport {
    let clock = ContinuousClock()
    let start = clock.now
    let deadline = plan.recipe.timeLimit.map { start + .seconds($0) }
    let shouldStop: @Sendable () -> Bool = {
      isAskedToStop() || deadline.map { $0 <= ContinuousClock.now } ?? false
    }
    // The model of all pictures, which comes last, is the one that is tested.
    if plan.recipe.data.folds?.refits == true, let test = plan.test {
      _ = try plan.readableTestPictures(test, on: run.device, observer: observer, shouldStop: shouldStop)
    }
    var record = FoldRecord(output: run.output)
    if run.resumes { record.read() }
    var reports: [RunReport] = []
    var finished: [FoldSummary.Fold] = []
    var isStopped = false

    for (index, foldPlan) in plan.folds.enumerated() where !isStopped {
      let number = index + 1
      let place = folder.path + "/" + Self.folderName(number)
      observer.foldBegins(number, of: plan.folds.count)
      let fingerprint = foldPlan.fingerprint(on: run.device)
      if let earlier = record.folds.first(where: { $0.number == number }) {
        let differences = earlier.fingerprint.differences(from: fingerprint)
        guard differences.isEmpty else { throw RunError.otherRun(path: place, differences: differences) }
        observer.noted("  finished by the earlier run")
        finished.append(earlier)
        continue
      }
      var outputs: [Tensor] = []
      let trained = try self.run(foldPlan, output: place).trained(
        observer: observer, isFinal: false, inspect: { outputs.append($0) }, shouldStop: shouldStop)
      reports.append(trained.report)
      guard !trained.isIncomplete else {
        isStopped = true
        break
      }
      let fold = FoldSummary.Fold(number, trained.report, fingerprint)
      var more: [(name: String, text: String)] = []
      if let pictures = trained.validation {
        more.append(
          (
            FoldPredictions.name,
            FoldPredictions(fold: number, pictures, outputs: outputs, labels: foldPlan.labels).text
          ))
      }
      try trained.write(to: OutputFolder(place), with: more)
      if let fold {
        try record.add(fold)
        finished.append(fold)
      }
      isStopped = shouldStop() && number < plan.folds.count
    }

    var last: TrainedRun?
    if !isStopped, plan.recipe.data.folds?.refits == true {
      let summary = FoldSummary(count: plan.folds.count, folds: finished, hasModel: false)
      observer.noted("all pictures, for as many epochs as the folds kept: \(Self.words(summary.meanKeptEpochs))")
      let refit = try Plan(plan.recipe.refit(epochs: summary.meanKeptEpochs))
      let trained = try self.run(refit, output: folder.path).trained(observer: observer, shouldStop: shouldStop)
      reports.append(trained.report)
      isStopped = trained.isIncomplete
      last = isStopped ? nil : trained
    }
    let summary = FoldSummary(count: plan.folds.count, folds: finished, hasModel: last != nil)
    let report = combined(
      reports, summary, last, seconds: (clock.now - start).seconds, isStopped: isStopped, wasAsked: isAskedToStop())
    guard !isStopped else {
      observer.noted("to go on from here: the same command with --resume")
      return report
    }
    let tables = finished.map { "\(folder.path)/\(Self.folderName($0.number))/\(FoldPredictions.name)" }
    if last == nil, FileManager.default.fileExists(atPath: folder.path + "/model.h5") {
      observer.noted("\(folder.path)/model.h5 is of an earlier run; this one writes none without \"refit\"")
    }
    try folder.write(
      report, model: last?.model, plan: (last?.plan ?? plan).asked(plan.recipe), optimizer: last?.optimizer,
      with: [(FoldPredictions.name, try FoldPredictions.merged(tables))])
    record.remove()
    last?.forget()
    return report
  }

  static func folderName(_ number: Int) -> String { "fold-\(number)" }

  private static func words(_ epochs: [Int]) -> String { epochs.map(String.init).joined(separator: ", ") }

  /// The run of one of its plans, which shares features with the others.
  private func run(_ plan: Plan, output: String) -> Run {
    var run = Run(plan, on: run.device, output: output, resumes: run.resumes, usesCache: run.cache != nil)
    run.shelf = shelf
    return run
  }

  private func combined(
    _ reports: [RunReport], _ summary: FoldSummary, _ last: TrainedRun?, seconds: Double, isStopped: Bool,
    wasAsked: Bool
  ) -> RunReport {
    var skipped: [ImageError] = []
    for error in reports.flatMap(\.skipped) where !skipped.contains(error) { skipped.append(error) }
    // Each picture's features are needed once for all folds; those that were found in memory are not counted again.
    let images = reports.map(\.features.images).max() ?? 0
    let computed = reports.reduce(0) { $0 + $1.features.images - $1.features.stored }
    return RunReport(
      output: run.output, seconds: seconds, imageCount: reports.map(\.imageCount).max() ?? 0, skipped: skipped,
      features: FeatureUse(images: images, stored: max(0, images - computed)),
      frozenTensorCount: plan.alwaysFrozenLayerTensorCount, phases: last?.report.phases ?? [], final: summary.mean,
      test: last?.report.test,
      history: last?.report.history ?? History(), isCancelled: isStopped && wasAsked,
      hitTimeLimit: isStopped && !wasAsked, classNames: plan.labels,
      savedModels: last?.report.savedModels ?? [], activations: last?.report.activations,
      bfloat16: run.device.computing(in: plan.recipe.precision).bfloat16,
      trainingPrecision: run.device.training(in: plan.recipe.trainingPrecision).trainingPrecision, folds: summary)
  }
}

extension FoldSummary.Fold {
  /// - Returns: nil if there was nothing to validate with.
  init?(_ number: Int, _ report: RunReport, _ fingerprint: RunFingerprint) {
    guard let result = report.final else { return nil }
    self.init(
      number: number, result: result, keptEpochs: report.phases.map { $0.result.keptEpoch ?? 0 },
      epochs: report.history.records.count, seconds: report.seconds, fingerprint: fingerprint)
  }
}

extension Plan {
  /// This plan as the recipe that it was asked for with.
  func asked(_ recipe: Recipe) -> Plan {
    var plan = self
    plan.recipe = recipe
    return plan
  }
}
