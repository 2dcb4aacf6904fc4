public import JSON
internal import Tensors
public import Training

/// A search over settings of a recipe: which settings, which values, and how to go about it.
public struct SweepRecipe: Sendable {
  public enum Method: String, CaseIterable, Sendable {
    /// Every combination of all values.
    case grid
    /// So many combinations drawn at random, which finds more than a grid of as many where few settings matter:
    /// [Bergstra and Bengio (2012)](https://www.jmlr.org/papers/v13/bergstra12a.html).
    case random
    /// Many combinations for few epochs, the better ones of them for more, the best for all:
    /// [Jamieson and Talwalkar (2016)](https://proceedings.mlr.press/v51/jamieson16.html), as a bracket of
    /// [Hyperband](https://www.jmlr.org/papers/v18/16-558.html).
    case successiveHalving = "successive_halving"
  }

  /// The file it came from, as the user named it; for messages.
  public var file: String
  /// The recipe whose settings are changed, its file, and the folder that its relative paths are relative to.
  public var base: JSONValue
  public var baseFile: String
  public var baseFolder: String
  public var parameters: [SweepParameter]
  public var method = Method.grid
  /// How many combinations are tried; nil for all of a grid.
  public var trials: Int?
  /// Of successive halving: of so many trials one goes on, for so many times as many epochs.
  public var factor = 3
  /// Of successive halving: no trial is judged before.
  public var minEpochs = 1
  /// What trials are ranked by; nil for the first metric on the validation pictures.
  public var monitor: String?
  /// Whether more of it is better.
  public var mode = EarlyStopping.Mode.auto
  /// What random combinations follow from.
  public var seed: UInt64 = 0
  /// The folder that is written to; nil for the recipe's own with `-sweep` behind it.
  public var output: String?
}

extension SweepRecipe {
  /// The settings of every trial, in their order.
  package var points: [[JSONValue]] {
    let key = RandomKey(seed: seed).folding("sweep")
    switch method {
    case .grid: return grid ?? []
    case .successiveHalving where trials == nil: return grid ?? []
    case .random, .successiveHalving:
      var points: [[JSONValue]] = []
      for trial in 0..<(trials ?? 0) {
        let point = parameters.map { $0.random(trial: trial, key) }
        // A combination that came up before says nothing new.
        if !points.contains(point) { points.append(point) }
      }
      return points
    }
  }

  /// Every combination, the last parameter changing fastest; nil where a range does not say how many steps it takes.
  private var grid: [[JSONValue]]? {
    var points: [[JSONValue]] = [[]]
    for parameter in parameters {
      guard let values = parameter.gridValues else { return nil }
      points = points.flatMap { point in values.map { point + [$0] } }
    }
    return points
  }

  /// How many combinations a grid has.
  var gridCount: Int {
    parameters.reduce(1) { product, parameter in
      let (count, isTooLarge) = product.multipliedReportingOverflow(by: parameter.gridValues?.count ?? 1)
      return isTooLarge ? Int.max : count
    }
  }
}
