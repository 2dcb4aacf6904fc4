/// Everything that is wrong with a recipe, each problem with its place.
///
/// One line a problem: `flowers.json: phases[1].train[0]: no layer matches "blok5_*". Did you mean "block5_*"?`
public struct RecipeError: Error, Hashable, CustomStringConvertible {
  public struct Problem: Hashable, Sendable {
    /// Where in the recipe: `phases[1].train[0]`; empty for the recipe as a whole.
    public var path: String
    public var message: String

    /// `warning: flowers.json: phases[1].unfreeze: …`
    public func warning(in file: String) -> String { "warning: \(file): \(path): \(message)" }

    public init(path: String, message: String) {
      self.path = path
      self.message = message
    }
  }

  /// The recipe's file, as the user named it.
  public var file: String
  public var problems: [Problem]
  /// What contradicts itself besides, but would not have kept the recipe from running.
  public var warnings: [Problem] = []
  /// What kind of thing went wrong, for the exit code of a tool.
  public var kind: Kind

  public enum Kind: Hashable, Sendable {
    /// The recipe or a file that it names is not as it should be.
    case data
    /// A file that the recipe names is not there.
    case noInput
    /// A result cannot be written.
    case cannotCreate
  }

  public init(file: String, problems: [Problem], kind: Kind = .data) {
    self.file = file
    self.problems = problems
    self.kind = kind
  }

  public init(file: String, path: String = "", _ message: String, kind: Kind = .data) {
    self.init(file: file, problems: [Problem(path: path, message: message)], kind: kind)
  }

  public var description: String {
    let errors = problems.map { $0.path.isEmpty ? "\(file): \($0.message)" : "\(file): \($0.path): \($0.message)" }
    return (errors + warnings.map { $0.warning(in: file) }).joined(separator: "\n")
  }
}
