import ArgumentParser
import FineTune

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of recipes, with which editors complete and check them.",
    discussion: """
      Say "$schema": "recipe.schema.json" in a recipe, with the path of the printed file, or name it in the settings of the \
      editor. The one of this version is recipes/recipe.schema.json in the repository.
      """)

  func run() throws { Terminal.standardOutput.write(RecipeSchema.json().laidOut(width: 120) + "\n") }
}
