import Foundation
import Images
import JSON
import Layers
import Recipes
import Testing
import Training

@Suite("The schema of recipes says what the decoder does")
struct RecipeSchemaTests {
  static let schema = RecipeSchema.json()

  static let committed = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "recipes/recipe.schema.json")

  @Test("The committed schema is that of the decoder: else finetune schema > recipes/recipe.schema.json")
  func isUpToDate() throws {
    let file = try String(contentsOf: Self.committed, encoding: .utf8)
    #expect(file == Self.schema.laidOut(width: 120) + "\n")
  }

  @Test(
    "Everything that is registered can be named",
    arguments: [
      ("optimizer", "name", OptimizerRegistry.names), ("loss", "name", LossRegistry.names),
      ("learning_rate", "name", ScheduleRegistry.names), ("metrics", "name", MetricRegistry.names),
      ("augment", "name", AugmentationRegistry.names + MixingRegistry.names), ("layer", "layer", LayerRegistry.kinds),
    ])
  func registries(_ definition: String, _ key: String, _ names: [String]) throws {
    let kinds = try #require(Self.schema["definitions"]?[definition]?["anyOf"]?.arrayValue)
    let found = kinds.compactMap { Self.resolved($0)["properties"]?[key]?["const"]?.stringValue }
    #expect(found.sorted() == names.sorted())
  }

  @Test(
    "Kinds and bounds are the decoder's",
    arguments: [
      ("data.batch_size", ["type": ["integer", "null"], "minimum": 1, "maximum": 1_000_000_000]),
      ("l2", ["type": ["number", "null"], "minimum": 0]),
      ("data.unreadable_limit", ["type": ["number", "null"], "minimum": 0, "maximum": 1]),
      ("precision", ["enum": ["float32", "bfloat16", nil]]), ("output", ["type": ["string", "null"]]),
      ("save_optimizer", ["type": ["boolean", "null"]]),
    ] as [(String, JSONValue)])
  func bounds(_ path: String, _ expected: JSONValue) {
    var place = Self.schema
    for key in path.split(separator: ".") { place = Self.resolved(place["properties"]?[String(key)] ?? nil) }
    #expect(place == expected)
  }

  @Test("A setting of an optimizer has its own bounds, and others none", arguments: ["momentum", "beta_1"])
  func optimizerSettings(_ setting: String) throws {
    let name = setting == "momentum" ? "sgd" : "adam"
    let kinds = try #require(Self.schema["definitions"]?["optimizer"]?["anyOf"]?.arrayValue).map(Self.resolved)
    let kind = try #require(kinds.first { $0["properties"]?["name"]?["const"] == .string(name) })
    #expect(
      kind["properties"]?[setting] == ["type": ["number", "null"], "minimum": 0, "exclusiveMaximum": 1])
    #expect(kind["additionalProperties"] == false)
    #expect(kinds.contains { $0["properties"]?[setting] == nil })
  }

  @Test("A recipe may name its schema")
  func mayBeNamed() throws {
    var recipe = try #require(RecipeDecodingTests.good.objectValue)
    recipe["$schema"] = "recipe.schema.json"
    _ = try Recipe(.object(recipe), file: "r.json", folder: "/tmp")
  }

  private static func resolved(_ part: JSONValue) -> JSONValue {
    guard let name = part["$ref"]?.stringValue?.split(separator: "/").last else { return part }
    return schema["definitions"]?[String(name)] ?? nil
  }
}
