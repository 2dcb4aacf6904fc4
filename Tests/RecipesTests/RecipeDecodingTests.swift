import Foundation
import Images
import JSON
import Recipes
import TestSupport
import Testing

@Suite("A recipe is read strictly")
struct RecipeDecodingTests {
  static let good: JSONValue = [
    "seed": 7,
    "model": [
      "architecture": "MobileNet", "alpha": 0.25, "weights": nil,
      "head": [["layer": "GlobalAveragePooling2D"], ["layer": "Dense", "units": "classes", "activation": "softmax"]],
    ],
    "data": ["train": "photos", "validation": ["fraction": 0.2], "augment": [["name": "random_flip"]]],
    "phases": [
      ["name": "head", "train": ["head/*"], "epochs": 2, "optimizer": ["name": "adam", "learning_rate": 0.001]],
      ["freeze_through": "conv_pw_11_relu", "batch_norm": "affine", "epochs": 3, "optimizer": "sgd"],
    ],
    "early_stopping": ["monitor": "val_loss", "patience": 3, "restore_best_weights": true],
  ]

  @Test("Defaults are filled in, and what was filled in reads back the same")
  func defaults() throws {
    let recipe = try Recipe(Self.good, file: "recipes/photos.json", folder: "/tmp")
    #expect(recipe.data.batchSize == 32)
    #expect(recipe.data.decoding == .exact)
    #expect(recipe.phases[1].name == "phase 2")
    #expect(recipe.output == "runs/photos")
    #expect(recipe.resolved("photos") == "/tmp/photos")
    let again = try Recipe(recipe.json, file: "recipes/photos.json", folder: "/tmp")
    #expect(again.json == recipe.json)
  }

  @Test(
    "Each mistake is named with its place",
    arguments: [
      ("phases.0.ephocs=3", "phases[0].ephocs", "Did you mean \"epochs\""),
      ("phases.0.epochs=0", "phases[0].epochs", "from 1"),
      ("phases.0.epochs=2.5", "phases[0].epochs", "whole number"),
      ("phases.0.optimizer.name=adm", "phases[0].optimizer", "adam"),
      ("phases.0.optimizer.learning_rte=1", "phases[0].optimizer.learning_rte", "learning_rate"),
      ("phases.0.freeze_through=x", "phases[0]", "not both"),
      ("phases.1.batch_norm=half", "phases[1].batch_norm", "affine"),
      ("data.validation.fraction=2", "data.validation.fraction", "0.9"),
      ("data.batch_size=0", "data.batch_size", "from 1"),
      ("data.decoding=scalled", "data.decoding", "Did you mean \"scaled\""),
      ("data.augment=[{\"name\": \"random_flap\"}]", "data.augment[0]", "random_flip"),
      ("model.head.1.layer=Dens", "model.head[1].layer", "Did you mean \"Dense\""),
      ("model.file=x.h5", "model", "exactly one of"),
      ("model.allow_missing=[\"fc\"]", "model.allow_missing", "its \"weights\" only"),
      ("model.match=by_magic", "model.match", "by_name"),
      ("phases.0.continue_optimizer=3", "phases[0].continue_optimizer", "true or false"),
      ("modle=1", "modle", "Did you mean \"model\""),
      ("early_stopping.patience=-1", "early_stopping.patience", "from 0"),
      ("phases=[]", "phases", "at least one phase"),
    ])
  func mistakes(_ setting: String, _ place: String, _ words: String) throws {
    let error = #expect(throws: RecipeError.self) {
      let file = TemporaryFolder.path("recipe.json")
      try Self.good.text.write(toFile: file, atomically: true, encoding: .utf8)
      _ = try Recipe(contentsOf: file, settings: [setting])
    }
    let found = try #require(error)
    #expect(
      found.problems.contains { $0.path.hasPrefix(place) && $0.message.contains(words) },
      "\(found.description)")
  }

  @Test("All mistakes are listed at once")
  func allAtOnce() {
    let value: JSONValue = ["model": ["architecture": 3], "data": ["batch_size": "x"], "phases": [["epochs": -1]]]
    let error = #expect(throws: RecipeError.self) { try Recipe(value, file: "r.json", folder: "/tmp") }
    #expect((error?.problems.count ?? 0) >= 5, "\(String(describing: error))")
  }

  @Test("A setting that leads nowhere is refused", arguments: ["phases.7.epochs=1", "seed.x=1", "nonsense"])
  func settings(_ setting: String) throws {
    let file = TemporaryFolder.path("recipe.json")
    try Self.good.text.write(toFile: file, atomically: true, encoding: .utf8)
    let error = #expect(throws: RecipeError.self) { try Recipe(contentsOf: file, settings: [setting]) }
    #expect(error?.problems.first?.path.contains(setting) == true)
  }

  @Test("A setting on the command line changes the recipe")
  func override() throws {
    let file = TemporaryFolder.path("recipe.json")
    try Self.good.text.write(toFile: file, atomically: true, encoding: .utf8)
    let recipe = try Recipe(contentsOf: file, settings: ["phases.0.epochs=9", "output=elsewhere", "seed=3"])
    #expect(recipe.phases[0].epochs == 9)
    #expect(recipe.output == "elsewhere")
    #expect(recipe.seed == 3)
  }

  @Test("A file that is no recipe says what it is")
  func files() throws {
    let missing = #expect(throws: RecipeError.self) { try Recipe(contentsOf: "/nowhere/recipe.json") }
    #expect(missing?.kind == .noInput)
    let folder = #expect(throws: RecipeError.self) { try Recipe(contentsOf: "/tmp") }
    #expect(folder?.description.contains("folder") == true)
    let file = TemporaryFolder.path("broken.json")
    try "{\"seed\": 1,\n \"seed\": 2}".write(toFile: file, atomically: true, encoding: .utf8)
    let broken = #expect(throws: RecipeError.self) { try Recipe(contentsOf: file) }
    #expect(broken?.description.contains("line 2") == true)
  }
}
