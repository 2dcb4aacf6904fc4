internal import JSON
internal import Layers
internal import Tensors
internal import Training

/// The decoder of recipes as one that can be asked: what is wrong with this one, and which words do you know?
enum RecipeDecoder {
  struct Answer {
    var problems: [RecipeError.Problem]
    /// Words that were not known, with those that are in their place.
    var suggestions: [(word: String, candidates: [String])]

    /// What is known where a word stands that is not; nil where nobody looked for it.
    func candidates(for word: String) -> [String]? {
      let heard = suggestions.filter { $0.word == word }.map(\.candidates)
      return heard.first { !$0.isEmpty } ?? heard.first
    }
  }

  /// Reads a recipe and listens.
  static func answer(to recipe: JSONValue) -> Answer {
    let log = SuggestionLog()
    let problems = Suggestion.$log.withValue(log) { read(recipe) + metrics(of: recipe) }
    return Answer(problems: problems, suggestions: log.entries)
  }

  private static func read(_ recipe: JSONValue) -> [RecipeError.Problem] {
    do throws(RecipeError) {
      _ = try Recipe(recipe, file: "", folder: "/")
      return []
    } catch {
      return error.problems
    }
  }

  /// Metrics are read when model and pictures are known; here they may be of any.
  private static func metrics(of recipe: JSONValue) -> [RecipeError.Problem] {
    (recipe["metrics"]?.arrayValue ?? []).enumerated().compactMap { index, config in
      var problem: ConfigError?
      for setting in settings {
        do throws(ConfigError) {
          _ = try MetricRegistry.metric(
            config, loss: setting.loss, output: [setting.units], targets: setting.targets, classNames: ["0", "1", "2"])
          return nil
        } catch {
          // What is wrong with a key says more than that the metric does not go with the task.
          if problem?.key.isEmpty != false { problem = error }
        }
      }
      guard let problem else { return nil }
      let place = "metrics[\(index)]"
      return RecipeError.Problem(
        path: problem.key.isEmpty ? place : "\(place).\(problem.key)", message: problem.message)
    }
  }

  /// Classes, labels and numbers.
  private static let settings: [(loss: any Loss, units: Int, targets: Targets)] = [
    (CategoricalCrossentropy(), 3, Targets.classes([0, 1, 2], count: 3)),
    (BinaryCrossentropy(), 1, Targets.classes([0, 1], count: 2)),
    (MeanSquaredError(), 1, Targets.values([Float(0)])),
  ]
}
