internal import JSON

/// Models that a run writes beside `model.h5` while it goes on, all of them whole models that `predict` takes.
///
/// Each is written beside its place and renamed when the epoch's validation is done, so that a file is always whole. `model.h5`
/// itself, the model that the run ends with, comes when the run is over.
public struct SaveRecipe: Hashable, Sendable {
  /// `model-epoch-005.h5` after every so many epochs, counted through all phases; nil for none.
  public var everyEpochs: Int?
  /// `model-last.h5`: the model as the latest epoch left it.
  public var last = false
  /// `model-best.h5`: the best epoch of the phase that is under way, by what early stopping monitors, else by `val_loss`,
  /// else by `loss`.
  public var best = false

  public init() {}

  var isNothing: Bool { everyEpochs == nil && !last && !best }
}

extension SaveRecipe {
  init(reading reader: RecipeReader) {
    var reader = reader
    everyEpochs = reader.int("every_epochs", in: 1...1_000_000)
    last = reader.bool("last") ?? false
    best = reader.bool("best") ?? false
    reader.finish()
    if isNothing, !reader.has("every_epochs"), !reader.has("last"), !reader.has("best") {
      reader.problems.report(
        reader.path, "says nothing to save: {\"every_epochs\": 5}, {\"last\": true}, {\"best\": true}, any of them")
    }
  }

  /// The settings, complete, as they are read.
  var json: JSONValue {
    ["every_epochs": everyEpochs.map { .integer($0) } ?? .null, "last": .bool(last), "best": .bool(best)]
  }
}
