public import JSON
internal import Layers
internal import Training

/// One combination of settings, and what became of checking it.
public struct SweepTrial: Sendable {
  /// 1 for the first.
  public let number: Int
  /// The settings by their paths, in the order of the sweep.
  public let settings: OrderedDictionary<String, JSONValue>
  /// Why it cannot be run; nil where it can.
  public let refusal: RecipeError?
  /// With these settings; nil where it cannot be run.
  let recipe: Recipe?
  /// Whether it trains on features in memory alone, so that trials gain most by running side by side.
  let isLight: Bool
  /// Epochs of all its phases.
  let epochs: Int
  /// Stands for all that decides its result, the files aside.
  let identity: String

  /// Puts a recipe together and checks it.
  init(_ number: Int, _ sweep: SweepRecipe, _ point: [JSONValue], output: String, sharing parts: SharedParts) {
    self.number = number
    settings = OrderedDictionary(
      zip(sweep.parameters.map(\.path), point).map { ($0, $1) }, uniquingKeysWith: { $1 })
    do throws(RecipeError) {
      var recipe = try sweep.recipe(zip(sweep.parameters, point))
      recipe.output = output
      // The winner alone is written; nobody looks at the logs of the others.
      recipe.logs = LogRecipe()
      let plan = try Plan(recipe, sharing: parts)
      try sweep.checkMonitor(plan)
      self.recipe = recipe
      refusal = nil
      isLight = plan.trainsOnFeaturesAlone
      epochs = recipe.phases.reduce(0) { $0 + min($1.epochs, $1.lastEpoch ?? $1.epochs) }
      var decisive = recipe.withAbsolutePaths
      decisive.output = ""
      decisive.checkpoint = CheckpointRecipe()
      decisive.cache.directory = nil
      identity = RunFingerprint.hash([decisive.json.text])
    } catch {
      refusal = error
      recipe = nil
      isLight = false
      epochs = 0
      identity = ""
    }
  }
}

extension SweepRecipe {
  /// The recipe with some settings changed.
  func recipe(_ changes: some Sequence<(SweepParameter, JSONValue)>) throws(RecipeError) -> Recipe {
    var value = base
    for (parameter, choice) in changes {
      if let message = RecipeSetting.set(choice, at: parameter.keys[...], in: &value) {
        throw RecipeError(file: baseFile, path: parameter.path, message)
      }
    }
    return try Recipe(value, file: baseFile, folder: baseFolder)
  }

  /// What trials of a plan are ranked by.
  func monitored(_ plan: Plan) -> String {
    monitor ?? (plan.validation == nil ? "" : "val_") + (plan.metrics.first?.name ?? "loss")
  }

  func checkMonitor(_ plan: Plan) throws(RecipeError) {
    var stopping = EarlyStopping()
    stopping.monitor = monitored(plan)
    do throws(ConfigError) {
      try stopping.check(metrics: plan.metrics, hasValidation: plan.validation != nil)
    } catch {
      throw RecipeError(file: file, path: "monitor", error.message)
    }
    if !plan.folds.isEmpty, !stopping.monitor.hasPrefix("val_") {
      throw RecipeError(
        file: file, path: "monitor",
        "folds are judged by the pictures that they were not trained with; say \"val_\(stopping.monitor)\"")
    }
  }
}

extension Plan {
  /// Whether every phase trains on features that stand in memory.
  fileprivate var trainsOnFeaturesAlone: Bool {
    let plans = folds.isEmpty ? [self] : folds
    return plans.allSatisfy { plan in
      plan.phases.allSatisfy {
        plan.place(of: $0, cache: nil) == .memory && plan.hasFixedPictures($0)
          && $0.boundary != plan.model.inputs.map(\.value)
      }
    }
  }
}
