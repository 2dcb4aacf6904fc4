internal import JSON
internal import KerasFormat
internal import Training

extension Recipe {
  /// What the optimizer of the first phase goes on from, if it shall.
  func savedTraining(_ assembly: ModelAssembly) throws(RecipeError) -> SavedTraining? {
    if savesOptimizer, let last = phases.last?.optimizer, !SavedTraining.isKept(last.name, config: last.config) {
      throw RecipeError(
        file: file, path: "save_optimizer", "files of Keras have no place for what \(last.name) remembers", kind: .data)
    }
    guard let phase = phases.first, phase.continuesOptimizer else { return nil }
    func refusal(_ problem: String) -> RecipeError {
      RecipeError(file: file, path: "phases[0].continue_optimizer", problem, kind: .data)
    }
    guard let training = assembly.training else {
      throw refusal(
        "there is nothing to go on from: the model brings no state of an optimizer. Name a \"file\" that was saved with it."
      )
    }
    guard OptimizerState(training, for: phase.optimizer) != nil else {
      throw refusal(
        "the state in the model's file is that of \(training.optimizer) with \(training.config.text), not of "
          + "\(phase.optimizer.name) as it is set here")
    }
    return training
  }
}
