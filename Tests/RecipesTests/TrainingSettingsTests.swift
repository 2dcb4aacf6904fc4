import Foundation
import JSON
import Kernels
import Recipes
import TestSupport
import Testing
import Training

@Suite("How a phase learns, as a recipe says it")
struct TrainingSettingsTests {
  private static func recipe(_ changes: [String]) throws -> Recipe {
    let file = TemporaryFolder.path("recipe.json")
    try RecipeDecodingTests.good.text.write(toFile: file, atomically: true, encoding: .utf8)
    return try Recipe(contentsOf: file, settings: changes)
  }

  @Test("Rates per layer: decay, a slice, factors, and a slice in the learning rate's place")
  func layerRates() throws {
    let recipe = try Self.recipe([
      "phases.0.layer_decay=0.65", "phases.0.layer_rates={\"head/*\": 2}",
      "phases.1.optimizer={\"name\": \"adam\", \"learning_rate\": [0.00001, 0.001]}",
    ])
    #expect(
      recipe.phases[0].layerRates
        == LayerRates(layerDecay: 0.65, patterns: [LayerRates.Pattern(layers: "head/*", factor: 2)]))
    #expect(recipe.phases[1].layerRates.slice?.last == 1)
    #expect(abs((recipe.phases[1].layerRates.slice?.first ?? 0) - 0.01) < 1e-12)
    #expect(recipe.phases[1].optimizer.learningRate == .constant(0.001))
    let again = try Recipe(recipe.json, file: recipe.file, folder: recipe.folder)
    #expect(again.phases.map(\.layerRates) == recipe.phases.map(\.layerRates))
  }

  @Test("What is written resolved reads back the same")
  func resolved() throws {
    let recipe = try Self.recipe([
      "l1=0.001", "class_weight=\"balanced\"", "loss={\"name\": \"categorical_focal_crossentropy\", \"gamma\": 3}",
      "reduce_lr_on_plateau={\"patience\": 2}", "phases.1.reduce_lr_on_plateau={\"patience\": 1, \"factor\": 0.5}",
      "phases.0.optimizer={\"name\": \"adamw\", \"clipnorm\": 1, \"use_ema\": true, \"gradient_accumulation_steps\": 4, "
        + "\"learning_rate\": {\"name\": \"one_cycle\", \"max_learning_rate\": 0.01}}",
    ])
    let again = try Recipe(recipe.json, file: recipe.file, folder: recipe.folder)
    #expect(again.json == recipe.json)
    #expect(again.phases[1].reduceLROnPlateau?.factor == 0.5 && again.reduceLROnPlateau?.patience == 2)
  }

  @Test(
    "Each mistake is named with its place",
    arguments: [
      ("phases.0.layer_decay=2", "phases[0].layer_decay", "from 0"),
      ("phases.0.layer_rates=[1]", "phases[0].layer_rates", "first and the last"),
      ("phases.0.layer_rates={\"head/*\": -1}", "phases[0].layer_rates.head/*", "not negative"),
      ("phases.0.optimizer.learning_rate=[0, 1]", "phases[0].optimizer.learning_rate", "first and the last"),
      ("phases.0.optimizer.learning_rate={\"name\": \"one_cycle\"}", "phases[0].optimizer.learning_rate", "missing"),
      ("phases.0.optimizer.clipnorm=-1", "phases[0].optimizer.clipnorm", "above 0"),
      ("reduce_lr_on_plateau.factor=2", "reduce_lr_on_plateau.factor", "below 1"),
      ("class_weight=balance", "class_weight", "balanced"),
      ("loss=focal", "loss", "no loss"),
    ])
  func mistakes(_ setting: String, _ place: String, _ words: String) throws {
    let error = #expect(throws: RecipeError.self) { _ = try Self.recipe([setting]) }
    let found = try #require(error)
    #expect(
      found.problems.contains { $0.path.hasPrefix(place) && $0.message.contains(words) }, "\(found.description)")
  }

  @Test("A run with everything at once learns, and the same bits with one thread and two")
  func everything() throws {
    let pictures = try StripedPictures(perClass: 16)
    let phases: JSONValue = [
      [
        "name": "all", "epochs": 6, "layer_decay": 0.8,
        "optimizer": [
          "name": "lamb", "learning_rate": ["name": "one_cycle", "max_learning_rate": 0.1], "global_clipnorm": 1,
          "gradient_accumulation_steps": 2, "use_ema": true, "ema_momentum": 0.5, "weight_decay": 0.01,
        ],
        "reduce_lr_on_plateau": ["patience": 1, "monitor": "loss"],
      ],
      ["name": "head", "train": ["classes"], "epochs": 60, "optimizer": "lbfgs"],
    ]
    let layers: JSONValue = [
      [
        "layer": "Conv2D", "name": "first", "filters": 6, "kernel_size": 3, "activation": "relu",
        "kernel_constraint": ["name": "max_norm", "max_value": 2, "axis": [0, 1, 2]],
      ],
      ["layer": "GlobalAveragePooling2D"],
      [
        "layer": "Dense", "name": "classes", "units": "classes", "activation": "softmax",
        "kernel_regularizer": ["l2": 0.001],
      ],
    ]
    let reports = try [1, 2].map { threads in
      try Run(pictures.plan(layers, phases: phases), on: Device(threads: threads))()
    }
    let files = try reports.map { try Data(contentsOf: URL(fileURLWithPath: $0.output + "/model.h5")) }
    #expect(files[0] == files[1])
    let records = reports[0].history.records
    #expect(try #require(records.last).loss < records[0].loss, "\(reports[0].history.csv)")
    guard case .stoppedEarly = reports[0].phases[1].result.outcome else {
      Issue.record("L-BFGS did not come to its end: \(reports[0].history.csv)")
      return
    }
  }

  @Test("A schedule that is longer than its phase, and a class that is not there, are noticed before training")
  func checks() throws {
    let pictures = try StripedPictures(perClass: 8)
    let plan = try pictures.plan(
      RunTests.layers,
      phases: [
        [
          "epochs": 2,
          "optimizer": [
            "name": "sgd",
            "learning_rate": ["name": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 1000],
          ],
        ]
      ])
    #expect(
      plan.warnings.contains { $0.message.contains("1000 steps") && $0.path.hasPrefix("phases[0]") },
      "\(plan.warnings)")
    #expect(throws: RecipeError.self) {
      try pictures.plan(RunTests.layers, phases: [["epochs": 1, "optimizer": "sgd", "layer_rates": ["nothing*": 1]]])
    }
  }

  @Test("The search for a rate suggests one, draws it and leaves no trace")
  func learningRate() throws {
    let pictures = try StripedPictures(perClass: 16)
    let plan = try pictures.plan(RunTests.layers, epochs: 1)
    let search = try LearningRateSearch(plan, phase: 0, steps: 60, on: Device(threads: 2))
    let rate = try #require(search.curve.suggestion)
    #expect(rate > 1e-5 && rate < 1)
    #expect(search.json["points"]?.arrayValue?.count == search.curve.points.count && search.own == 0.01)
    #expect(!FileManager.default.fileExists(atPath: plan.recipe.output))
    for name in ["rates.svg", "rates.png"] {
      let path = TemporaryFolder.path(name)
      try search.plot(to: path)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count > 1000)
    }
    #expect(throws: RecipeError.self) { try LearningRateSearch(plan, phase: 3, on: Device(threads: 1)) }
  }
}
