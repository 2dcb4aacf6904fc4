internal import Foundation
public import JSON
internal import Layers

/// A first recipe for some pictures, and why it is as it is.
public struct StartingRecipe: Sendable {
  /// What matters most.
  public enum Goal: String, CaseIterable, Sendable {
    /// A new head on a small network: seconds.
    case quick
    /// A new head, then the last blocks.
    case balanced
    /// A larger network, all of it trained in the end: many times as long.
    case accurate
  }

  /// What the user may say about the backbone.
  public struct Wishes: Sendable {
    public var goal = Goal.balanced
    public var task: DataRecipe.Task?
    public var architecture: String?
    public var alpha: Float?
    public var weights: String?

    public init() {}
  }

  /// The recipe, as it is written.
  public let json: JSONValue
  /// What was found and decided, a line each.
  public let reasons: [String]

  /// Looks at pictures and composes a recipe for them.
  ///
  /// The recipe is checked as `finetune plan` checks it, unless its weights must be fetched first.
  ///
  /// - Parameters:
  ///   - path: a folder with a folder per class, one with `train` and `validation` folders of that kind, or a table.
  ///   - file: where the recipe will stand; its relative paths start there.
  public init(for path: String, at file: String, wishes: Wishes = Wishes()) throws {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    let pictures = try PictureFolder(path, task: wishes.task)
    let survey = try PictureSurvey(pictures.images)
    let search = BackboneSearch(folder: folder, goal: wishes.goal, extent: survey.extent)
    let backbone: Backbone
    if let weights = wishes.weights {
      backbone = try search.file(weights, architecture: wishes.architecture, alpha: wishes.alpha)
    } else if let name = wishes.architecture {
      backbone = try search.named(name, alpha: wishes.alpha)
    } else {
      backbone = try search.found()
    }

    let composition = RecipeComposition(
      pictures: pictures, survey: survey, backbone: backbone, goal: wishes.goal, folder: folder,
      name: URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent)
    json = composition.recipe
    reasons = composition.reasons
    let recipe = try Recipe(json, file: file, folder: folder)
    if backbone.isHere { _ = try Plan(recipe) }
  }
}

extension StartingRecipe {
  /// Refuses a place where something is already, before anything is looked at.
  public static func checkPlace(_ file: String, overwrites: Bool) throws(RecipeError) {
    switch FileKind(at: file) {
    case .nothing:
      let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
      guard FileKind(at: folder) == .folder else {
        throw RecipeError(
          file: file, "there is no folder \(folder); make it first, or choose another place with --output",
          kind: .cannotCreate)
      }
    case .folder:
      throw RecipeError(
        file: file, "is a folder; name a file for the recipe: --output recipe.json", kind: .cannotCreate)
    case .file:
      if !overwrites {
        throw RecipeError(
          file: file, "is there already and stays as it is; choose another name with --output, or say --force",
          kind: .cannotCreate)
      }
    }
  }

  /// Writes the recipe, whole or not at all.
  public func write(to file: String, overwrites: Bool) throws(RecipeError) {
    try Self.checkPlace(file, overwrites: overwrites)
    do {
      try Data((json.laidOut(width: 120) + "\n").utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
    } catch {
      throw RecipeError(file: file, "cannot be written: \(error.localizedDescription)", kind: .cannotCreate)
    }
  }
}
