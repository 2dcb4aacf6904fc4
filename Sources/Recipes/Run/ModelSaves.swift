internal import Foundation
internal import KerasFormat
internal import Layers
internal import Training

/// Writes the models that a recipe wants to see while its run goes on.
///
/// A class because training holds it while the run changes what it says of the phases. It is used on the training thread only.
final class ModelSaves {
  private let plan: Plan
  private let output: String
  private let observer: any RunObserver
  private let wish: SaveRecipe
  private var isBroken = false
  /// The epochs of the phases before the one that is under way, and that phase's optimizer.
  var firstEpoch = 0
  var phase: PhaseRecipe?

  init(_ plan: Plan, output: String, observer: any RunObserver) {
    self.plan = plan
    self.output = output
    self.observer = observer
    wish = plan.recipe.save
  }

  /// Writes what is due after an epoch.
  func epochEnded(_ model: Model, _ state: TrainingState, isBest: Bool) {
    guard !wish.isNothing, !isBroken else { return }
    let epoch = firstEpoch + state.epoch
    var names: [String] = []
    if let every = wish.everyEpochs, epoch % every == 0 { names.append(Self.name(ofEpoch: epoch)) }
    if wish.last { names.append("model-last.h5") }
    if wish.best, isBest { names.append("model-best.h5") }
    guard !names.isEmpty else { return }
    var saved = plan.savedModel(model)
    if plan.recipe.savesOptimizer, let optimizer = phase?.optimizer {
      saved.training = state.optimizer.saved(optimizer, loss: plan.loss, metrics: plan.metrics)
    }
    for name in names {
      let partial = output + "/.\(name).partial"
      do {
        defer { try? FileManager.default.removeItem(atPath: partial) }
        try KerasWriter.write(saved, to: partial)
        guard unsafe Foundation.rename(partial, output + "/" + name) == 0 else {
          throw RunError.cannotWrite(path: output + "/" + name, reason: unsafe String(cString: strerror(errno)))
        }
      } catch {
        // Hours of training are worth more than a model on the way.
        isBroken = true
        observer.noted("the run goes on without saving models on the way: \(error)")
        return
      }
    }
  }

  /// The files of a run of so many epochs that are there.
  static func files(_ wish: SaveRecipe, epochs: Int, in output: String) -> [String] {
    let numbered = wish.everyEpochs.map { stride(from: $0, through: epochs, by: $0).map(name(ofEpoch:)) } ?? []
    return (numbered + (wish.last ? ["model-last.h5"] : []) + (wish.best ? ["model-best.h5"] : [])).filter {
      FileManager.default.fileExists(atPath: output + "/" + $0)
    }
  }

  /// `model-epoch-005.h5`
  static func name(ofEpoch epoch: Int) -> String {
    let digits = "\(epoch)"
    return "model-epoch-" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits + ".h5"
  }
}
