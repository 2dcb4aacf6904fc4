internal import Images

extension Plan {
  /// Checks a recipe with folds: each fold as a plan of its own, and what is trained on all pictures in the end.
  ///
  /// What is said of the plan as a whole is that of its first fold.
  init(_ recipe: Recipe, _ folds: FoldsRecipe, sharing parts: SharedParts) throws(RecipeError) {
    let all = try parts.pictures(recipe.refit(epochs: nil)).training
    if let problem = all.foldsProblem(folds.count) {
      var error = RecipeError(file: recipe.file, path: "data.folds", "\(all.root): \(problem)")
      // What else is wrong shows with two folds as well.
      var halves = recipe
      halves.data.folds = nil
      halves.data.validation = .fold(1, of: 2)
      do throws(RecipeError) {
        _ = try Plan(halves, sharing: parts)
      } catch let other {
        error.problems += other.problems.filter { !$0.path.hasPrefix("data.validation") }
        error.warnings += other.warnings
      }
      throw error
    }
    let plans = try (1...folds.count).map { (number) throws(RecipeError) in
      try Plan(recipe.fold(number), sharing: parts)
    }
    if folds.refits {
      do throws(RecipeError) {
        _ = try Plan(recipe.refit(epochs: nil), sharing: parts)
      } catch {
        var error = error
        for index in error.problems.indices {
          error.problems[index].message += " (The model that \"refit\" trains on all pictures has no validation.)"
        }
        throw error
      }
    }
    self = plans[0]
    self.recipe = recipe
    self.folds = plans
  }
}

extension Plan {
  /// How many models are trained.
  var modelCount: Int { folds.isEmpty ? 1 : folds.count + (recipe.data.folds?.refits == true ? 1 : 0) }
}
