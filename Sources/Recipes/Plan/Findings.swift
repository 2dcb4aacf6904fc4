/// Gathers what is wrong with a recipe while it is checked, so that the user hears all of it at once.
///
/// A class because checks that know nothing of each other add to it.
final class Findings {
  private let file: String
  private var errors: [RecipeError] = []
  /// What contradicts itself but can be run as it stands.
  private(set) var warnings: [RecipeError.Problem] = []

  init(_ file: String) { self.file = file }

  /// The result of a check; nil, and noted, if it found a mistake.
  @discardableResult
  func attempt<Value>(_ check: () throws(RecipeError) -> Value) -> Value? {
    do throws(RecipeError) {
      return try check()
    } catch {
      errors.append(error)
      return nil
    }
  }

  func warn(_ path: String, _ message: String) {
    let warning = RecipeError.Problem(path: path, message: message)
    if !warnings.contains(warning) { warnings.append(warning) }
  }

  /// Everything together; nil if there is no mistake.
  var error: RecipeError? {
    guard let first = errors.first else { return nil }
    var problems: [RecipeError.Problem] = []
    for problem in errors.flatMap(\.problems) where !problems.contains(problem) { problems.append(problem) }
    var error = RecipeError(file: file, problems: problems, kind: first.kind)
    error.warnings = warnings
    return error
  }

  /// - Throws: everything that was found, if there is a mistake among it.
  func check() throws(RecipeError) { if let error { throw error } }
}
