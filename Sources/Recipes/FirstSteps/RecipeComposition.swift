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

  private var images: LabelledImages { pictures.images }
  private var count: Int { images.count }

  // MARK: - Choices

  /// Few pictures make small batches, so that an epoch still has some steps.
  private var batchSize: Int { count < 100 ? 8 : count < 400 ? 16 : 32 }

  private var stepsPerEpoch: Int { max(1, count * 4 / 5 / batchSize) }

  /// About so many steps, in not too few and not too many epochs.
  private func epochs(steps: Int) -> Int { min(60, max(10, (steps + stepsPerEpoch - 1) / stepsPerEpoch)) }

  /// The classes with the most and the fewest pictures.
  private var extremes: (most: (name: String, count: Int), fewest: (name: String, count: Int))? {
    let counts = zip(images.classNames, images.classCounts).map { (name: $0, count: $1) }
    guard pictures.task == .classification, let most = counts.max(by: { $0.count < $1.count }),
      let fewest = counts.min(by: { $0.count < $1.count })
    else { return nil }
    return (most, fewest)
  }

  /// Whether some class has at least twice the pictures of another.
  private var isUnbalanced: Bool { extremes.map { $0.most.count >= 2 * $0.fewest.count } ?? false }

  private var values: [Float] { if case .values(let values) = images.labels { values } else { [] } }

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

  private var patience: Int { max(3, epochs(steps: 500) / 5) }

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
    members["validation"] =
      pictures.validation.map { .string(RecipePath.written($0, in: folder)) } ?? ["fraction": 0.2]
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

  // MARK: - Why

  var reasons: [String] {
    var lines = [found]
    if survey.greyCount == survey.count {
      lines.append("colours: all pictures are grey; the network sees them in three equal channels")
    } else if survey.greyCount > 0 {
      lines.append(
        "colours: \(survey.greyCount) of \(survey.count) pictures are grey, the others coloured; all are read as colours"
      )
    }
    if !survey.unreadable.isEmpty {
      lines.append("unreadable: \(survey.unreadable.count), which are left out; the first: \(survey.unreadable[0])")
      if Double(survey.unreadable.count) > 0.05 * Double(survey.count) {
        lines.append(
          "  that is more than a run takes (5 %): remove them, or set \"unreadable_limit\" in \"data\"")
      }
    }
    if !images.report.isEmpty { lines.append("\(images.report)") }
    if let reason = pictures.taskReason { lines.append("task: \(pictures.task.rawValue): \(reason)") }
    lines.append(
      "backbone: \(backbone.architecture.name)\(backbone.alpha.map { ", alpha \($0)" } ?? ""), weights \(backbone.place)"
    )
    lines.append(inputSize)
    lines.append(
      "batch size: \(batchSize), which makes \(stepsPerEpoch) steps an epoch\(batchSize < 32 ? "; pictures are few" : "")"
    )
    lines += phaseReasons
    if goal == .accurate {
      lines.append(
        "augmentation: pictures are mirrored at random; take \"augment\" out where left and right differ, as in writing"
      )
    }
    if isUnbalanced, let extremes {
      lines.append(
        "class weights: balanced, because \(extremes.most.name) has \(extremes.most.count) pictures and "
          + "\(extremes.fewest.name) \(extremes.fewest.count)")
    }
    lines.append(validation)
    lines.append(
      "early stopping: a phase ends after \(patience) epochs without a lower val_loss and goes back to its best epoch")
    return lines
  }

  private var found: String {
    var text = "found: \(count) pictures"
    if let extremes {
      text += " of \(images.classNames.count) classes (\(Plan.list(images.classNames)))"
      text +=
        extremes.most.count == extremes.fewest.count
        ? ", \(extremes.most.count) of each" : ", \(extremes.fewest.count) to \(extremes.most.count) of each"
    } else if pictures.task == .multiLabel {
      text += " with labels of \(images.classNames.count) kinds (\(Plan.list(images.classNames)))"
    } else if let least = values.min(), let most = values.max() {
      text += " with \(images.target ?? "values") from \(Self.words(least)) to \(Self.words(most))"
    }
    return text
      + (survey.smallest == survey.largest
        ? ", \(survey.median) pixels"
        : ", \(survey.smallest) to \(survey.largest) pixels, \(survey.median) in the middle")
  }

  private static func words(_ value: Float) -> String {
    value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)"
  }

  private var inputSize: String {
    let size = backbone.architecture.defaultSize
    guard survey.smallest != size || survey.largest != size else {
      return "input size: \(size), that of the pictures, and what the network was trained on"
    }
    let change =
      survey.extent < size.height
      ? "smaller pictures are enlarged, because the network knows things at that scale"
      : "pictures are scaled to it"
    return "input size: \(size), what the network was trained on; \(change)"
  }

  private var phaseReasons: [String] {
    let head = epochs(steps: 500)
    var lines = [
      "phase 1: a new head alone, \(head) epochs at most; the frozen network is computed "
        + (goal == .accurate ? "anew in every epoch, because pictures are flipped at random" : "once for each picture")
    ]
    if goal != .quick {
      lines.append(
        "phase 2: the last block\(backbone.lastGroups.count > 1 ? "s" : "") too (\(backbone.lastGroups.joined(separator: ", "))), at a tenth of the rate, so that "
          + "what they learned is not lost")
    }
    if goal == .accurate {
      lines.append(
        "phase 3: everything, at rates that fall towards the input by 0.7 from group to group, because early layers see what "
          + "all pictures have in common")
    }
    return lines
  }

  private var validation: String {
    if let path = pictures.validation {
      return "validation: the pictures in \(path)"
        + (pictures.test.map { "; those in \($0) are left for finetune evaluate" } ?? "")
    }
    var text = "validation: a fifth of the pictures, the same share of every class; they are never trained on"
    if count < 200 { text += " (so few say little: differences of a few percent are chance)" }
    return text + (pictures.test.map { "; those in \($0) are left for finetune evaluate" } ?? "")
  }
}
