internal import Architectures
internal import Images
internal import JSON
internal import Layers
internal import Tensors

/// Puts a recipe together from what is known of pictures and a backbone.
struct RecipeComposition {
  let pictures: PictureFolder
  let survey: PictureSurvey
  let backbone: Backbone
  let goal: StartingRecipe.Goal
  let folder: String
  let name: String

  var images: LabelledImages { pictures.images }
  var count: Int { images.count }

  // MARK: - Choices

  /// Few pictures make small batches, so that an epoch still has some steps.
  var batchSize: Int { count < 100 ? 8 : count < 400 ? 16 : 32 }

  var stepsPerEpoch: Int { max(1, count * 4 / 5 / batchSize) }

  /// About so many steps, in not too few and not too many epochs.
  func epochs(steps: Int) -> Int { min(60, max(10, (steps + stepsPerEpoch - 1) / stepsPerEpoch)) }

  /// The classes with the most and the fewest pictures.
  var extremes: (most: (name: String, count: Int), fewest: (name: String, count: Int))? {
    let counts = zip(images.classNames, images.classCounts).map { (name: $0, count: $1) }
    guard pictures.task == .classification, let most = counts.max(by: { $0.count < $1.count }),
      let fewest = counts.min(by: { $0.count < $1.count })
    else { return nil }
    return (most, fewest)
  }

  /// Whether some class has at least twice the pictures of another.
  var isUnbalanced: Bool { extremes.map { $0.most.count >= 2 * $0.fewest.count } ?? false }

  /// Whether a fifth of the pictures would be too few to judge by, so that each takes its turn.
  var needsFolds: Bool {
    guard pictures.task == .classification, pictures.validation == nil, images.foldsProblem(Self.foldCount) == nil,
      let fewest = extremes?.fewest.count
    else { return false }
    return count < Self.fewPerClass * images.classNames.count && fewest >= Self.foldCount
  }

  static let foldCount = 5
  /// Pictures of a class, on average, of which a fifth says little: of 6, each is 17 % of the class' accuracy.
  private static let fewPerClass = 30

  var values: [Float] { if case .values(let values) = images.labels { values } else { [] } }

  // MARK: - The recipe

  var recipe: JSONValue {
    var members: OrderedDictionary<String, JSONValue> = [
      "description": .string(
        "Written by finetune init for \(count) pictures"
          + (images.classNames.isEmpty ? "." : " of \(images.classNames.count) classes.")),
      "seed": 1, "model": .object(model), "data": .object(data),
    ]
    if isUnbalanced { members["class_weight"] = "balanced" }
    members["phases"] = .array(phases)
    members["early_stopping"] = [
      "monitor": "val_loss", "patience": .integer(patience), "restore_best_weights": true,
    ]
    members["output"] = .string("runs/" + name)
    return .object(members)
  }

  var patience: Int { max(3, epochs(steps: 500) / 5) }

  private var model: OrderedDictionary<String, JSONValue> {
    var members = backbone.members(in: folder)
    if pictures.task == .regression {
      let mean = values.reduce(0) { $0 + Double($1) } / Double(max(1, values.count))
      members["head"] = [
        ["layer": "GlobalAveragePooling2D"], ["layer": "Dense", "units": 32, "activation": "relu"],
        [
          "layer": "Dense", "units": 1,
          "bias_initializer": [
            "class_name": "Constant", "config": ["value": .number((mean * 1000).rounded() / 1000)],
          ],
        ],
      ]
    } else {
      members["head"] = ["dropout": .number(count < 500 ? 0.3 : 0.2)]
    }
    return members
  }

  private var data: OrderedDictionary<String, JSONValue> {
    var members: OrderedDictionary<String, JSONValue> = [
      "train": .string(RecipePath.written(pictures.training, in: folder))
    ]
    if pictures.task != .classification { members["task"] = .string(pictures.task.rawValue) }
    if needsFolds {
      members["folds"] = ["count": .integer(Self.foldCount), "refit": true]
    } else {
      members["validation"] =
        pictures.validation.map { .string(RecipePath.written($0, in: folder)) } ?? ["fraction": 0.2]
    }
    members["batch_size"] = .integer(batchSize)
    if goal == .accurate { members["augment"] = [["name": "random_flip", "mode": "horizontal"]] }
    return members
  }

  private var phases: [JSONValue] {
    let isRegression = pictures.task == .regression
    var phases: [JSONValue] = [
      [
        "name": "head", "train": ["head/*"], "epochs": .integer(epochs(steps: 500)),
        "optimizer": ["name": "adam", "learning_rate": isRegression ? 0.003 : 0.001],
      ]
    ]
    guard goal != .quick else { return phases }
    let groups = backbone.lastGroups.map { JSONValue.string("group:" + $0) }
    phases.append([
      "name": "last blocks", "train": .array(["head/*"] + groups), "epochs": 10,
      "optimizer": ["name": "adam", "learning_rate": isRegression ? 0.0003 : 0.0001],
    ])
    guard goal == .accurate else { return phases }
    phases.append([
      "name": "everything", "epochs": 15, "layer_decay": 0.7,
      "optimizer": [
        "name": "adamw", "learning_rate": ["name": "one_cycle", "max_learning_rate": isRegression ? 0.0006 : 0.0002],
        "weight_decay": 0.01,
      ],
    ])
    return phases
  }
}
