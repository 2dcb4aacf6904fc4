internal import Foundation
internal import JSON

extension Sweep {
  /// Puts all trials together and checks them, before anything is trained.
  ///
  /// - Throws: `RecipeError` if a value cannot be used in any trial, or no trial can be run. A trial whose settings do not go
  ///   together is refused alone.
  public init(_ recipe: SweepRecipe) throws(RecipeError) {
    let parts = SharedParts()
    let output = recipe.resolvedOutput
    let trials = recipe.points.enumerated().map {
      SweepTrial($0.offset + 1, recipe, $0.element, output: output, sharing: parts)
    }
    try Self.check(recipe, trials, parts)
    self.init(recipe: recipe, trials: trials, output: output, parts: parts)
  }

  /// Finds the values that are at fault by themselves: those that no trial can be run with, nor the recipe alone.
  private static func check(
    _ recipe: SweepRecipe, _ trials: [SweepTrial], _ parts: SharedParts
  ) throws(RecipeError) {
    guard trials.contains(where: { $0.refusal != nil }) else { return }
    let list = ProblemList()
    for parameter in recipe.parameters {
      var values: [JSONValue] = []
      for trial in trials {
        if let value = trial.settings[parameter.path], !values.contains(value) { values.append(value) }
      }
      for (index, value) in values.enumerated() {
        let own = trials.filter { $0.settings[parameter.path] == value }
        guard own.allSatisfy({ $0.refusal != nil }), let refusal = own.first?.refusal else { continue }
        do throws(RecipeError) {
          _ = try Plan(recipe.recipe([(parameter, value)]), sharing: parts)
        } catch {
          guard let problem = error.problems.first(where: refusal.problems.contains) else { continue }
          let place = parameter.place(of: value, index)
          list.report(place, "\(value.text): \(problem.path): \(problem.message)")
          // Of a range one says enough.
          if case .range = parameter.choices { break }
        }
      }
    }
    if !list.problems.isEmpty { throw RecipeError(file: recipe.file, problems: list.problems) }
    guard trials.allSatisfy({ $0.refusal != nil }) else { return }
    var problems: [RecipeError.Problem] = []
    for problem in trials.compactMap(\.refusal).flatMap(\.problems) where !problems.contains(problem) {
      problems.append(problem)
    }
    throw RecipeError(
      file: trials[0].refusal?.file ?? recipe.file, problems: problems, kind: trials[0].refusal?.kind ?? .data)
  }
}

extension SweepParameter {
  /// Where a value stands in the sweep's file.
  fileprivate func place(of value: JSONValue, _ index: Int) -> String {
    guard case .values(let values) = choices else { return "parameters.\"\(path)\"" }
    return "parameters.\"\(path)\"[\(values.firstIndex(of: value) ?? index)]"
  }
}

extension SweepRecipe {
  /// The folder to write to.
  fileprivate var resolvedOutput: String {
    func resolved(_ path: String, below folder: URL) -> String {
      path.hasPrefix("/") ? path : folder.appendingPathComponent(path).standardizedFileURL.path
    }
    if let output { return resolved(output, below: URL(fileURLWithPath: file).deletingLastPathComponent()) }
    // The recipe may lack what the sweep fills in; where it would be written to is known all the same.
    let name = URL(fileURLWithPath: baseFile).deletingPathExtension().lastPathComponent
    let written = base["output"]?.stringValue ?? "runs/" + name
    return resolved(written + "-sweep", below: URL(fileURLWithPath: baseFolder))
  }
}
