internal import JSON

/// Gradual unfreezing: a phase begins with what it says to train, and group by group what stands before joins it.
///
/// After every `every_epochs` epochs one more group thaws, from the head backwards, until all have
/// ([Howard & Ruder 2018](https://arxiv.org/abs/1801.06146), section 3.3; fastai's `freeze_to(-2)`, `freeze_to(-3)`, …). The
/// phase stays one: one schedule of the learning rate, one early stopping, one history. The optimiser goes on with what it
/// remembers of layers that already moved; a newcomer begins at its own first step, at the rate that `layer_decay` and
/// `layer_rates` give it.
public struct UnfreezeRecipe: Hashable, Sendable {
  public enum Groups: Hashable, Sendable {
    /// All groups of the model that the phase does not begin with, the last first.
    case all
    /// So many of them.
    case next(Int)
    /// Each by the patterns of its layers, in the order in which they thaw.
    case listed([[String]])
  }

  /// Epochs from one thaw to the next; the first comes after as many.
  public var everyEpochs = 1
  public var groups = Groups.all

  public init(everyEpochs: Int = 1, groups: Groups = .all) {
    self.everyEpochs = everyEpochs
    self.groups = groups
  }
}

extension UnfreezeRecipe {
  init(reading reader: RecipeReader) {
    var reader = reader
    everyEpochs = reader.int("every_epochs", in: 1...1_000_000) ?? 1
    if let value = reader.optional("groups") {
      if let count = value.intValue, count >= 1 {
        groups = .next(count)
      } else if let elements = value.arrayValue, !elements.isEmpty {
        groups = .listed(
          elements.enumerated().map { index, element in
            let patterns = (element.arrayValue ?? [element]).map(\.stringValue)
            if patterns.isEmpty || patterns.contains(nil) {
              reader.report(
                "groups[\(index)]",
                "expected a pattern such as \"group:block5\", or a list of them, found \(element.text)")
            }
            return patterns.compactMap(\.self)
          })
      } else {
        reader.report(
          "groups",
          "expected how many groups thaw, or the layers of each, [\"group:block5\", [\"conv3_*\", \"conv4_*\"]], found "
            + value.text)
      }
    }
    reader.finish()
  }

  /// The settings, complete, as they are read.
  var json: JSONValue {
    let groups: JSONValue =
      switch groups {
      case .all: .null
      case .next(let count): .integer(count)
      case .listed(let groups):
        .array(
          groups.map { patterns in
            patterns.count == 1 ? .string(patterns[0]) : .array(patterns.map { .string($0) })
          })
      }
    return ["every_epochs": .integer(everyEpochs), "groups": groups]
  }
}
