internal import Architectures
internal import Images
internal import Tensors

/// Why the recipe is as it is.
extension RecipeComposition {
  /// What was found and decided, a line each.
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
    if needsFolds {
      return "validation: \(Self.foldCount) folds, because a fifth of so few pictures says little: each picture is "
        + "judged once by a model that never saw it, then a model is trained on all: \(Self.foldCount + 1) short trainings. "
        + "For one alone put \"validation\": {\"fraction\": 0.2} in the place of \"folds\""
        + (pictures.test.map { "; those in \($0) are left for finetune evaluate" } ?? "")
    }
    var text =
      "validation: a fifth of the pictures" + (images.classNames.isEmpty ? "" : ", the same share of every class")
      + "; they are never trained on"
    if count < 200 { text += " (so few say little: differences of a few percent are chance)" }
    return text + (pictures.test.map { "; those in \($0) are left for finetune evaluate" } ?? "")
  }
}
