internal import JSON
internal import Training

/// k-fold cross-validation: k models, each trained on all folds but one and validated on that one.
///
/// What the k validations have in common is the recipe, not a model, so their mean tells what the recipe is worth, and their
/// spread how far to trust it; see
/// [A study of cross-validation and bootstrap](https://www.ijcai.org/Proceedings/95-2/Papers/016.pdf).
public struct FoldsRecipe: Hashable, Sendable {
  /// How many folds, from 2; at most as many as the smallest class has pictures.
  public var count: Int
  /// Whether a last model is trained on all pictures, as scikit-learn's `refit` does: each of its phases takes as many epochs
  /// as the folds kept on average. It has no validation of its own; what the folds say of the recipe holds for it.
  public var refits = false

  public init(count: Int, refits: Bool = false) {
    self.count = count
    self.refits = refits
  }

  /// Reads `"folds"`: a number, or `{"count": 5, "refit": true}`.
  init?(reading reader: inout RecipeReader, beside validation: DataRecipe.Validation) {
    guard let value = reader.optional("folds") else { return nil }
    if case .none = validation {
    } else {
      reader.report(
        "folds",
        "every fold is validated on its own pictures, so there is no \"validation\" beside \"folds\"; leave one out")
    }
    var inner = RecipeReader(
      value.intValue == nil ? value : ["count": value], path: reader.place("folds"), problems: reader.problems)
    if let number = value.doubleValue, value.intValue == nil {
      reader.report("folds", "expected a whole number of 2 or more, found \(number)")
      return nil
    }
    let count = inner.int("count", in: 2...Int.max)
    if !inner.has("count") { inner.report("count", "say how many folds: {\"count\": 5}") }
    refits = inner.bool("refit") ?? false
    inner.finish()
    guard let count else { return nil }
    self.count = count
  }

  var json: JSONValue { ["count": .integer(count), "refit": .bool(refits)] }
}

extension RecipeReader {
  /// Reads `{"fold": 2, "of": 5}`: one fold of a cross-validation, as its results' `recipe.json` has it.
  mutating func fold() -> DataRecipe.Validation? {
    guard has("fold") || has("of") else { return nil }
    let count = int("of", in: 2...Int.max)
    let fold = int("fold", in: 1...(count ?? Int.max))
    if has("fraction") { report("fold", "say either a \"fraction\" or a \"fold\", not both") }
    guard let fold, let count else {
      if !has("of") { report("of", "say of how many folds it is one: {\"fold\": 2, \"of\": 5}") }
      if !has("fold") { report("fold", "say which fold: {\"fold\": 2, \"of\": 5}") }
      return nil
    }
    return .fold(fold, of: count)
  }
}

extension Recipe {
  /// This recipe for one fold, from 1: it is trained without these pictures, and validated on them.
  func fold(_ number: Int) -> Recipe {
    guard let folds = data.folds else { return self }
    var recipe = self
    recipe.data.folds = nil
    recipe.data.validation = .fold(number, of: folds.count)
    return recipe
  }

  /// This recipe for all pictures, without validation.
  ///
  /// - Parameter epochs: how many epochs of each phase the folds kept; nil for what the recipe says.
  func refit(epochs: [Int]?) -> Recipe {
    var recipe = self
    recipe.data.folds = nil
    recipe.data.validation = .none
    // Nothing validates, so nothing can be waited for; the folds have said how long to train.
    if recipe.earlyStopping?.monitor.hasPrefix("val_") == true { recipe.earlyStopping = nil }
    for index in recipe.phases.indices {
      if recipe.phases[index].earlyStopping?.monitor.hasPrefix("val_") == true {
        recipe.phases[index].earlyStopping = nil
      }
      if let epochs { recipe.phases[index].lastEpoch = max(1, epochs[index]) }
    }
    return recipe
  }
}
