import Foundation
import JSON
import Kernels
import Recipes
import TestSupport
import Testing

@Suite("Settings that contradict each other are said all at once, with place and remedy")
struct ContradictionTests {
  private static let layers: JSONValue = [
    ["layer": "Conv2D", "name": "first", "filters": 4, "kernel_size": 3, "activation": "relu"],
    ["layer": "GlobalAveragePooling2D"],
    ["layer": "Dense", "name": "classes", "units": "classes", "activation": "softmax"],
  ]

  /// 12 pictures to train, 3 batches of at most 4 an epoch.
  private static func plan(_ changes: (inout OrderedDictionary<String, JSONValue>) -> Void) throws -> Plan {
    let pictures = try StripedPictures(perClass: 8)
    var value = try pictures.plan(layers, epochs: 4).recipe.json.objectValue ?? [:]
    var data = value["data"]?.objectValue ?? [:]
    data["batch_size"] = 4
    value["data"] = .object(data)
    changes(&value)
    return try Plan(Recipe(.object(value), file: "stripes.json", folder: pictures.folder))
  }

  private static func phase(_ own: JSONValue) throws -> Plan {
    try plan { recipe in
      var phase: OrderedDictionary<String, JSONValue> = ["epochs": 4, "optimizer": "adam"]
      phase.merge(own.objectValue ?? [:]) { $1 }
      recipe["phases"] = [.object(phase)]
    }
  }

  @Test(
    "A setting without effect is a warning with its place, and the plan stands",
    arguments: [
      (
        schedule("cosine_decay", ["initial_learning_rate": 1, "decay_steps": 13]),
        "optimizer.learning_rate.decay_steps", "13"
      ),
      (
        schedule("cosine_decay", ["initial_learning_rate": 0, "warmup_target": 1, "warmup_steps": 12]),
        "optimizer.learning_rate.warmup_steps", "never arrives"
      ),
      (
        schedule("warmup", ["warmup_steps": ["epochs": 4], "then": 0.1]), "optimizer.learning_rate.warmup_steps",
        "12 (3 an epoch)"
      ),
      (
        schedule(
          "warmup",
          ["warmup_steps": 6, "then": ["name": "polynomial_decay", "initial_learning_rate": 1, "decay_steps": 7]]),
        "optimizer.learning_rate.then.decay_steps", "7 steps"
      ),
      (
        schedule("piecewise_constant_decay", ["boundaries": [5, 11, 40], "values": [1, 0.1, 0.01, 0.001]]),
        "optimizer.learning_rate.boundaries[1]", "0.01"
      ),
      (
        schedule("piecewise_constant_decay", ["boundaries": [5, 11, 40], "values": [1, 0.1, 0.01, 0.001]]),
        "optimizer.learning_rate.boundaries[2]", "0.001"
      ),
      (
        schedule("step_decay", ["initial_learning_rate": 1, "decay_steps": ["epochs": 4]]),
        "optimizer.learning_rate.decay_steps", "first falls"
      ),
      (
        schedule("cosine_decay_restarts", ["initial_learning_rate": 1, "first_decay_steps": 20]),
        "optimizer.learning_rate.first_decay_steps", "first wave"
      ),
      (["early_stopping": ["patience": 4]], "early_stopping.patience", "Say 3 or less"),
      (["early_stopping": ["patience": 2, "check_every": 2]], "early_stopping.patience", "2 looks"),
      (["early_stopping": ["check_every": 5]], "early_stopping.check_every", "never looks"),
      (["early_stopping": ["start_from_epoch": 4]], "early_stopping.start_from_epoch", "never looks"),
      (["reduce_lr_on_plateau": ["patience": 3]], "reduce_lr_on_plateau.patience", "Say 2 or less"),
      (["reduce_lr_on_plateau": ["patience": 1, "min_lr": 0.01]], "reduce_lr_on_plateau.min_lr", "0.001"),
      (["train": ["classes"], "unfreeze": ["every_epochs": 4]], "unfreeze", "Train 5 epochs or more, thaw every 3"),
      (["train": ["classes"], "layer_rates": ["first": 0.1]], "layer_rates.first", "frozen"),
      (["optimizer": "lbfgs", "layer_decay": 0.5], "layer_decay", "lbfgs"),
      (
        ["optimizer": ["name": "adam", "use_ema": true, "ema_overwrite_frequency": 13]],
        "optimizer.ema_overwrite_frequency", "12 steps"
      ),
    ] as [(JSONValue, String, String)])
  func warned(_ own: JSONValue, _ place: String, _ words: String) throws {
    let plan = try Self.phase(own)
    let found = plan.warnings.filter { $0.path == "phases[0]." + place }
    #expect(found.count == 1 && found[0].message.contains(words), "\(plan.warnings)")
    #expect(plan.warnings.allSatisfy { $0.path.hasPrefix("phases[0]." + place.prefix(12)) })
  }

  @Test(
    "What comes to its end just in time is fine",
    arguments: [
      schedule("cosine_decay", ["initial_learning_rate": 1, "decay_steps": 12]),
      schedule("piecewise_constant_decay", ["boundaries": [10], "values": [1, 0.1]]),
      schedule("warmup", ["warmup_steps": 11, "then": 0.1]), schedule("one_cycle", ["max_learning_rate": 1]),
      ["early_stopping": ["patience": 3]], ["early_stopping": ["check_every": 2, "patience": 1]],
      ["reduce_lr_on_plateau": ["patience": 2]], ["train": ["classes"], "unfreeze": ["every_epochs": 3]],
    ] as [JSONValue])
  func fine(_ own: JSONValue) throws { #expect(try Self.phase(own).warnings == []) }

  @Test("For all phases together the longest counts")
  func shared() throws {
    func plan(_ patience: Int) throws -> Plan {
      try Self.plan { recipe in
        recipe["phases"] = [
          ["name": "a", "epochs": 2, "optimizer": "adam"], ["name": "b", "epochs": 6, "optimizer": "adam"],
        ]
        recipe["early_stopping"] = ["patience": .integer(patience)]
        recipe["save"] = ["every_epochs": 9]
      }
    }
    #expect(try plan(5).warnings.map(\.path) == ["save.every_epochs"])
    #expect(try plan(6).warnings.map(\.path) == ["early_stopping.patience", "save.every_epochs"])
  }

  @Test("Mistakes in loss, metrics, phases and monitors, and warnings besides, all in one go")
  func together() throws {
    let error = #expect(throws: RecipeError.self) {
      try Self.plan { recipe in
        recipe["metrics"] = [
          "accuracy", ["name": "top_k_categorical_accuracy", "k": 3], "top_k_categorical_accuracy", "acuracy",
        ]
        recipe["class_weight"] = ["sideways": 2]
        recipe["early_stopping"] = ["monitor": "val_accurasy"]
        // One that is wrong itself is not missing besides.
        recipe["reduce_lr_on_plateau"] = ["monitor": "val_top_k_categorical_accuracy", "patience": 0]
        recipe["phases"] = [
          ["name": "a", "train": ["clases"], "epochs": 2, "optimizer": "adam"],
          [
            "name": "b", "train": ["firs*", "clas*"], "unfreeze": ["groups": ["frist"]], "epochs": 2,
            "optimizer": [
              "name": "adam", "learning_rate": ["name": "step_decay", "initial_learning_rate": 1, "decay_steps": 99],
            ],
          ],
          [
            "name": "c", "epochs": 2, "optimizer": ["name": "sgd", "gradient_accumulation_steps": 7],
            "early_stopping": ["patience": 2],
          ],
        ]
      }
    }
    let found = try #require(error)
    #expect(
      Set(found.problems.map(\.path)) == [
        "early_stopping.monitor", "metrics[1].k", "metrics[2].k", "metrics[3]", "class_weight.sideways",
        "phases[0].train[0]",
        "phases[1].unfreeze.groups[0]", "phases[2].optimizer.gradient_accumulation_steps",
      ], "\(found.description)")
    #expect(
      found.warnings.map(\.path) == [
        "phases[1].optimizer.learning_rate.decay_steps", "phases[2].early_stopping.patience",
      ])
    #expect(found.description.contains("stripes.json: phases[0].train[0]: "))
    #expect(found.description.contains("warning: stripes.json: phases[2].early_stopping.patience: "))
    let monitors = #expect(throws: RecipeError.self) {
      try Self.plan { recipe in
        recipe["early_stopping"] = ["monitor": "val_acuracy"]
        recipe["reduce_lr_on_plateau"] = ["monitor": "val_los"]
      }
    }
    #expect(monitors?.problems.map(\.path) == ["early_stopping.monitor", "reduce_lr_on_plateau.monitor"])
  }

  private static func schedule(_ name: String, _ own: JSONValue) -> JSONValue {
    var config = own.objectValue ?? [:]
    config["name"] = .string(name)
    return ["optimizer": ["name": "adam", "learning_rate": .object(config)]]
  }

  @Test(
    "What shows in the recipe and what shows in models and pictures is told in one go, but for what may follow from it")
  func twoStages() throws {
    let pictures = try StripedPictures(perClass: 4)
    var recipe = StripedSweep.recipe(pictures)
    recipe["class_weight"] = ["acros": 2]
    recipe["precison"] = "float32"
    recipe["early_stopping"] = ["monitor": "val_acuracy"]
    var data = try #require(recipe["data"]?.objectValue)
    data["augment"] = [["name": "cut_mixx"]]
    recipe["data"] = .object(data)
    let file = TemporaryFolder.path("mistakes.json")
    try Data(JSONValue.object(recipe).text.utf8).write(to: URL(fileURLWithPath: file))
    let error = #expect(throws: RecipeError.self) { try Recipe(contentsOf: file) }
    #expect(
      error.map { Set($0.problems.map(\.path)) } == ["precison", "data.augment[0].name", "class_weight.acros"],
      "\(error?.description ?? "")")
  }
}
