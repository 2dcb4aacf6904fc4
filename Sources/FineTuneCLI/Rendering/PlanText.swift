import FineTune

/// A plan in words.
struct PlanText {
  let lines: [String]

  init(_ plan: Plan) {
    var lines = plan.notes + plan.warnings.map { $0.warning(in: plan.recipe.file) }
    let model = plan.model
    let parameters = model.parameters.reduce(0) { $0 + $1.shape.elementCount }
    lines.append(
      "model: \(plan.architecture ?? model.name), input \(plan.inputShape), preprocessing \(plan.preprocessing.name), "
        + "\(model.instances.count) layers, \(Figure.grouped(parameters)) parameters")
    var pictures = "pictures: \(Figure.grouped(plan.training.count)) to train"
    if let validation = plan.validation { pictures += ", \(Figure.grouped(validation.count)) to validate" }
    if let test = plan.test { pictures += ", \(Figure.grouped(test.count)) to test" }
    if !plan.labels.isEmpty { pictures += "; \(plan.labels.count) classes: \(Self.list(plan.labels))" }
    lines.append(pictures)
    if let folds = plan.recipe.data.folds {
      lines.append(
        "cross-validation: \(folds.count) folds, of which the above is the first; frozen layers are computed once for all"
          + (folds.refits ? "; then a model of all pictures" : ""))
    }
    for phase in plan.phases {
      let what =
        phase.thawed.isEmpty
        ? "phase \(phase.number + 1): \(phase.recipe.name): \(phase.recipe.epochs) epochs, "
          + "\(type(of: phase.recipe.optimizer).name); "
        : "  from epoch \(phase.epochs.lowerBound + 1), \(phase.thawed.joined(separator: ", ")) thawed: "
      lines.append(
        what + "trains \(Figure.grouped(phase.trainableParameterCount)) parameters, "
          + "\(Figure.grouped(phase.frozenParameterCount)) frozen")
    }
    self.lines = lines
  }

  /// What is said of the precision that training was asked for, and what comes of it.
  static func lines(training precision: Precision, on kernels: KernelSet) -> [String] {
    if let note = kernels.note(onTraining: precision) { return [note] }
    return precision == .float32
      ? [] : ["training: products of bfloat16 numbers; weights, gradients, sums and statistics are float32"]
  }

  /// What an estimate adds.
  static func lines(_ estimate: PlanEstimate) -> [String] {
    var lines: [String] = []
    for phase in estimate.phases {
      let use = phase.features
      let cache =
        use.images == 0 || use.stored == 0
        ? "" : "; \(Figure.grouped(use.stored)) of \(Figure.grouped(use.images)) pictures' features are in the cache"
      lines.append(
        "\(phase.name): about \(Figure.duration(phase.seconds)), "
          + (phase.featureBytes > 0
            ? "\(Figure.bytes(Double(phase.featureBytes))) of features kept in memory" : "nothing kept in memory")
          + cache)
    }
    lines.append(
      "in all about \(Figure.duration(estimate.seconds)) and \(Figure.bytes(Double(estimate.memoryBytes))) of memory on "
        + "this machine, from a short measurement")
    return lines
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", …" : "")
  }
}

/// A report in words.
struct ReportText {
  let lines: [String]

  init(_ report: RunReport) {
    var lines: [String] = []
    if let folds = report.folds {
      self.lines = Self.lines(report, folds)
      return
    }
    if report.hitTimeLimit { lines.append("the time limit is reached; this is the best model so far") }
    if report.isCancelled { lines.append("stopped early, as asked; this is the best model so far") }
    lines.append("frozen: \(report.frozenTensorCount) tensors, unchanged")
    if let final = report.final {
      let metrics = final.metrics.map { "  val_\($0.name) \(Figure.short($0.value))" }.joined()
      lines.append("kept model: val_loss \(Figure.short(final.loss))\(metrics)")
    }
    lines += Self.tested(report.test)
    lines += report.diagnosis.lines
    if !report.skipped.isEmpty {
      lines.append("left out: \(report.skipped.count) unreadable pictures, listed in metrics.json")
    }
    lines.append("written in \(Figure.duration(report.seconds)):")
    for name in ["model.h5"] + report.savedModels + ["history.csv", "metrics.json", "recipe.json"] {
      lines.append("  \(report.output)/\(name)")
    }
    lines.append("try: finetune predict \(report.output)/model.h5 PICTURE")
    self.lines = lines
  }

  /// What the test part says, if there is one.
  static func tested(_ test: EvaluationResult?) -> [String] {
    guard let test else { return [] }
    let metrics = test.metrics.map { "  test_\($0.name) \(Figure.short($0.value))" }.joined()
    return [
      "tested on \(Figure.grouped(test.samples)) pictures not seen before: test_loss \(Figure.short(test.loss))\(metrics)"
    ]
  }

  /// What there is to say of a cross-validation.
  private static func lines(_ report: RunReport, _ folds: FoldSummary) -> [String] {
    var lines: [String] = []
    if report.hitTimeLimit { lines.append("the time limit is reached") }
    if report.isCancelled { lines.append("stopped early, as asked") }
    if report.isCancelled || report.hitTimeLimit {
      lines.append("\(folds.folds.count) of \(folds.count) folds are finished")
    } else {
      lines.append("frozen: \(report.frozenTensorCount) tensors, unchanged in every fold")
    }
    lines += FoldText(folds).lines + tested(report.test)
    lines += report.diagnosis.lines
    if !report.skipped.isEmpty { lines.append("left out: \(report.skipped.count) unreadable pictures") }
    guard !report.isCancelled, !report.hitTimeLimit else { return lines }
    lines.append("written in \(Figure.duration(report.seconds)):")
    let names =
      (folds.hasModel ? ["model.h5", "history.csv"] : []) + ["metrics.json", "predictions.csv", "recipe.json"]
    for name in names + ["fold-1 … fold-\(folds.count)"] { lines.append("  \(report.output)/\(name)") }
    if folds.hasModel { lines.append("try: finetune predict \(report.output)/model.h5 PICTURE") }
    return lines
  }
}
