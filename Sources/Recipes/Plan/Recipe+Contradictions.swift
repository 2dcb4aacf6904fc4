internal import Kernels
internal import Layers
internal import Training

// Settings that contradict each other but can be run: each is said with its place and a remedy, and ends nothing, because a
// quick try with fewer epochs or pictures has them without being wrong.

extension Recipe {
  /// Notes settings that can have no effect, given the number of pictures that are trained on.
  func noteContradictions(pictureCount: Int, _ findings: Findings) {
    for (index, phase) in phases.enumerated() {
      let place = "phases[\(index)]"
      let batches = (pictureCount + data.batchSize - 1) / data.batchSize
      noteSchedule(phase, place, batches: batches, findings)
      noteSteps(phase, place, batches: batches, findings)
      if let stopping = phase.earlyStopping { note(stopping, "\(place).early_stopping", [phase], findings) }
      if let plateau = phase.reduceLROnPlateau { note(plateau, "\(place).reduce_lr_on_plateau", [phase], findings) }
      noteUnused(phase, place, findings)
    }
    let others = phases.filter { $0.earlyStopping == nil }
    if let earlyStopping, !others.isEmpty { note(earlyStopping, "early_stopping", others, findings) }
    let plain = phases.filter { $0.reduceLROnPlateau == nil }
    if let reduceLROnPlateau, !plain.isEmpty { note(reduceLROnPlateau, "reduce_lr_on_plateau", plain, findings) }
    let epochs = phases.reduce(0) { $0 + $1.epochs }
    if let every = save.everyEpochs, every > epochs {
      findings.warn(
        "save.every_epochs", "the run has \(epochs) epochs, so no model is saved before its end. Say \(epochs) or less."
      )
    }
  }

  private func noteSchedule(_ phase: PhaseRecipe, _ place: String, batches: Int, _ findings: Findings) {
    let perEpoch = max(1, batches / phase.optimizer.settings.gradientAccumulationSteps)
    let whole = SchedulePosition(step: 0, stepCount: perEpoch * phase.epochs, stepsPerEpoch: perEpoch)
    for overrun in phase.optimizer.learningRate.schedule.overruns(in: whole) {
      let key = overrun.key.isEmpty ? "" : "." + overrun.key
      findings.warn(
        "\(place).optimizer.learning_rate\(key)",
        "\(overrun.problem), but the phase has \(whole.stepCount) (\(perEpoch) an epoch). Shorten it, give lengths in epochs: "
          + "{\"epochs\": \(phase.epochs)}, or train longer.")
    }
  }

  private func noteSteps(_ phase: PhaseRecipe, _ place: String, batches: Int, _ findings: Findings) {
    let settings = phase.optimizer.settings
    let gathered = settings.gradientAccumulationSteps
    let total = batches * phase.epochs
    if gathered > total {
      findings.attempt { () throws(RecipeError) in
        throw RecipeError(
          file: file, path: "\(place).optimizer.gradient_accumulation_steps",
          "a step takes \(gathered) batches, but the phase has \(total): nothing would ever move. Say \(total) or less, or make "
            + "batches smaller.")
      }
    } else if let every = settings.averaging?.overwriteFrequency, every > total / gathered {
      findings.warn(
        "\(place).optimizer.ema_overwrite_frequency",
        "the phase has \(total / gathered) steps, so weights never become their average. Say that many or less, or leave it out."
      )
    }
  }

  /// - Parameter phases: those that it is for.
  private func note(_ stopping: EarlyStopping, _ place: String, _ phases: [PhaseRecipe], _ findings: Findings) {
    let epochs = phases.map(\.epochs).max() ?? 0
    let looks = (stopping.startFromEpoch..<max(epochs, stopping.startFromEpoch)).count {
      ($0 + 1) % stopping.checkEvery == 0
    }
    let what = phases.count == 1 ? "the phase has" : "the longest phase has"
    if looks == 0 {
      let key = stopping.startFromEpoch >= epochs ? "start_from_epoch" : "check_every"
      findings.warn(
        "\(place).\(key)", "\(what) \(epochs) epochs, so it never looks. Say less than that, or train longer.")
    } else if stopping.patience >= looks {
      let least = looks > 1 ? "Say \(looks - 1) or less" : "Let it look more often"
      findings.warn(
        "\(place).patience",
        "\(what) \(epochs) epochs" + (looks == epochs ? "" : " and \(looks) \(looks == 1 ? "look" : "looks")")
          + ", so it never ends early"
          + (stopping.restore == .best ? "; it only restores the best" : "") + ". \(least), or train longer.")
    }
  }

  private func note(_ plateau: ReduceLROnPlateau, _ place: String, _ phases: [PhaseRecipe], _ findings: Findings) {
    let epochs = phases.map(\.epochs).max() ?? 0
    // The first epoch is the best so far; `patience` more must pass, and one be left to train with the new rate.
    if plateau.patience + 1 >= epochs {
      findings.warn(
        "\(place).patience",
        "\(phases.count == 1 ? "the phase has" : "the longest phase has") \(epochs) epochs, so the rate never falls. "
          + (epochs > 2 ? "Say \(epochs - 2) or less, or train" : "Train") + " longer.")
    }
    for phase in phases {
      guard let rate = (phase.optimizer.learningRate.schedule as? ConstantRate)?.learningRate,
        plateau.minLearningRate >= rate
      else { continue }
      findings.warn(
        "\(place).min_lr", "the rate begins at \(rate), which is not above it, so it never falls. Say less.")
    }
  }

  /// What L-BFGS, which looks for the length of each step by itself, has no use for.
  private func noteUnused(_ phase: PhaseRecipe, _ place: String, _ findings: Findings) {
    guard phase.optimizer is LBFGS else { return }
    let unused = [
      ("reduce_lr_on_plateau", phase.reduceLROnPlateau != nil), ("layer_decay", phase.layerRates.layerDecay != nil),
      ("layer_rates", phase.layerRates.slice != nil || !phase.layerRates.patterns.isEmpty),
    ]
    for (key, isThere) in unused where isThere {
      findings.warn(
        "\(place).\(key)", "lbfgs finds the length of each step by itself and has no learning rate. Leave it out.")
    }
    if trainingPrecision != .float32 {
      findings.warn(
        "training_precision",
        "phase \"\(phase.name)\" trains in float32: lbfgs compares losses that differ by less than such rounding.")
    }
  }

  /// Notes groups whose turn to thaw would come after the phase's end.
  func noteLateGroups(_ late: [String], of phase: PhaseRecipe, _ place: String, _ findings: Findings) {
    guard !late.isEmpty, let unfreeze = phase.unfreeze else { return }
    let thawing = (phase.epochs - 1) / unfreeze.everyEpochs
    let needed = (thawing + late.count) * unfreeze.everyEpochs + 1
    var remedy = "Train \(needed) epochs or more"
    let faster = (phase.epochs - 1) / (thawing + late.count)
    if faster >= 1 { remedy += ", thaw every \(faster) epochs" }
    if thawing > 0 { remedy += ", or thaw fewer: \"groups\": \(thawing)" }
    findings.warn(
      "\(place).unfreeze",
      "the phase ends before \(Plan.list(late)) \(late.count == 1 ? "thaws" : "thaw"): \(phase.epochs) epochs, and one group every "
        + "\(unfreeze.everyEpochs). \(remedy).")
  }

  /// Notes factors of layers that stand still anyway.
  func noteFrozenRates(_ phase: PhaseRecipe, trained: Set<Int>, of model: Model, _ place: String, _ findings: Findings)
  {
    for pattern in phase.layerRates.patterns {
      let name = pattern.layers
      // What matches nothing is an error elsewhere.
      guard
        let layers = try? model.layers(
          name.hasPrefix("group:") ? .group(String(name.dropFirst(6))) : .matching(name)),
        layers.isDisjoint(with: trained)
      else { continue }
      findings.warn(
        "\(place).layer_rates.\(name)",
        "all layers that it names are frozen in this phase. Train them, or leave it out.")
    }
  }
}
