import FineTune

/// Shows how a run goes on: a moving line on a terminal, a line per epoch everywhere.
struct RunRenderer: RunObserver {
  private let progress: ProgressLine

  init(_ progress: ProgressLine) { self.progress = progress }

  func phaseBegins(_ phase: PlannedPhase, number: Int, of count: Int) {
    if phase.thawed.isEmpty { return progress.say("phase \(number) of \(count): \(phase.recipe.name)") }
    progress.say(
      "  \(phase.thawed.joined(separator: ", ")) thawed: "
        + "\(Figure.grouped(phase.trainableParameterCount)) parameters train now")
  }

  func featuresProgressed(done: Int, of count: Int, imagesPerSecond: Double) {
    let left = imagesPerSecond > 0 ? Double(count - done) / imagesPerSecond : 0
    progress.show(
      "  reading", fraction: Double(done) / Double(max(1, count)),
      "\(done)/\(count)  \(Int(imagesPerSecond)) images/s  \(Figure.duration(left)) left")
  }

  func featuresFinished(images: Int, stored: Int, seconds: Double, bytes: Int, throughFrozenLayers: Bool) {
    let what =
      !throughFrozenLayers
      ? "pictures read" : stored == images ? "frozen part from the cache" : "frozen part computed once"
    let partly = stored > 0 && stored < images ? " (\(Figure.grouped(stored)) from the cache)" : ""
    progress.say(
      "  \(what): \(Figure.grouped(images)) images\(partly) in \(Figure.duration(seconds)) "
        + "(\(Int(Double(images) / max(1e-9, seconds))) images/s), \(Figure.bytes(Double(bytes))) kept")
  }

  func foldBegins(_ number: Int, of count: Int) { progress.say("fold \(number) of \(count)") }

  func noted(_ message: String) { progress.say(message) }

  func skipped(_ pictures: [ImageError]) {
    progress.say("  \(pictures.count) \(pictures.count == 1 ? "picture" : "pictures") left out:")
    for error in pictures.prefix(10) { progress.say("    \(error)") }
    if pictures.count > 10 { progress.say("    … and \(pictures.count - 10) more; all are listed in metrics.json") }
  }

  func batchEnded(_ batch: BatchProgress) {
    progress.show(
      "  epoch \(batch.epoch)/\(batch.epochs)", fraction: Double(batch.batch) / Double(max(1, batch.batches)),
      "loss \(Figure.short(batch.result.loss))  \(Int(batch.imagesPerSecond)) images/s  \(Figure.duration(batch.secondsLeft)) left"
    )
  }

  func epochEnded(_ record: EpochRecord) {
    var parts = ["  epoch \(record.epoch)", "loss \(Figure.short(record.loss))"]
    parts += record.training.metrics.map { "\($0.name) \(Figure.short($0.value))" }
    if let validation = record.validation {
      parts.append("val_loss \(Figure.short(validation.loss))")
      parts += validation.metrics.map { "val_\($0.name) \(Figure.short($0.value))" }
    }
    progress.say(parts.joined(separator: "  "))
  }
}
