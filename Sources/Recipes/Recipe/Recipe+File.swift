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
    try self.init(value, file: file, folder: folder)
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
