private import Foundation
internal import JSON

extension Recipe {
  /// Reads a recipe file.
  ///
  /// - Parameter settings: changes to make before it is read, as `phases.0.epochs=2`.
  public init(contentsOf file: String, settings: [String] = []) throws(RecipeError) {
    var value = try JSONValue(recipeFile: file)
    let problems = ProblemList()
    for setting in settings { RecipeSetting.apply(setting, to: &value, problems) }
    guard problems.problems.isEmpty else { throw RecipeError(file: file, problems: problems.problems) }
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    let recipe = Self.reading(value, file: file, folder: folder, problems)
    guard problems.problems.isEmpty, let recipe else {
      var error = RecipeError(file: file, problems: problems.problems)
      if let recipe { error.add(mistakesBeyond: recipe) }
      throw error
    }
    self = recipe
  }

  /// A path of the recipe as the file system takes it: relative ones start at the recipe's folder, `~` is the home folder.
  public func resolved(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    if path == "~" || path.hasPrefix("~/") { return NSString(string: path).expandingTildeInPath }
    return URL(fileURLWithPath: folder).appendingPathComponent(path).standardizedFileURL.path
  }

  /// The path of a file of weights; `imagenet` stays what it is, unless there is a file of that name.
  func resolvedWeights(_ path: String) -> String {
    let file = resolved(path)
    return path == ModelReference.officialWeights && FileKind(at: file) == .nothing ? path : file
  }
}

extension RecipeError {
  /// Adds what a plan would say next, so that all can be mended in one go: of the parts that could be read whole, for what is said
  /// of the others may follow from what is wrong with them.
  fileprivate mutating func add(mistakesBeyond recipe: Recipe) {
    func part(_ problem: Problem) -> Substring { problem.path.prefix { $0 != "." && $0 != "[" } }
    var broken = Set(problems.map(part))
    // What is monitored depends on the pictures that there are.
    if broken.contains("data") { broken.formUnion(["early_stopping", "reduce_lr_on_plateau"]) }
    // Nothing is fetched for a recipe that has to be mended first.
    if case .architecture(_, _, weights: ModelReference.officialWeights) = recipe.model.source { return }
    do throws(RecipeError) {
      _ = try Plan(recipe)
    } catch {
      problems += error.problems.filter { !broken.contains(part($0)) }
      warnings += error.warnings.filter { !broken.contains(part($0)) }
    }
  }
}

extension JSONValue {
  /// Reads the file of a recipe, or of something beside one.
  init(recipeFile file: String) throws(RecipeError) {
    let bytes: Data
    switch FileKind(at: file) {
    case .file: break
    case .nothing: throw RecipeError(file: file, "there is no such file", kind: .noInput)
    case .folder: throw RecipeError(file: file, "expected a recipe (a JSON file), found a folder", kind: .noInput)
    }
    do {
      bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    } catch {
      throw RecipeError(file: file, "cannot be read: \(error.localizedDescription)", kind: .noInput)
    }
    do throws(JSONSyntaxError) {
      self = try JSONValue(parsing: [UInt8](bytes))
    } catch {
      throw RecipeError(file: file, "this is no JSON: \(error)")
    }
  }
}
