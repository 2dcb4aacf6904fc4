internal import Images
internal import JSON
internal import Training

extension Recipe {
  /// What to tell of the lists: what columns are, how large groups, and which pictures are in two sets.
  func pictureNotes(_ training: LabelledImages, _ validation: LabelledImages?, _ test: LabelledImages?) -> [String] {
    var notes: [String] = []
    let columns = data.options.columns.named
    if !columns.isEmpty {
      notes.append("columns: " + columns.map { "\($0.key) \"\($0.name)\"" }.joined(separator: ", "))
    }
    if training.groups != nil {
      let counts = [training, validation, test].compactMap { $0?.groups.map { "\(Set($0).count)" } }
      notes.append("groups: \(counts.joined(separator: " + ")), none of them in two sets")
    }
    if let weights = training.weights, let least = weights.min(), let most = weights.max() {
      notes.append(
        "weights: from \(least) to \(most)"
          + (data.options.sampling == .weighted ? ", as chances to be drawn" : ", as factors of the training loss"))
    }
    if data.options.sampling == .balanced { notes.append("sampling: every class equally often in every epoch") }
    if let augmentation = augmentationNote { notes.append(augmentation) }
    if data.options.limit != nil { notes.append("limit: \(training.count) pictures to train on, chosen by the seed") }
    let sets: [(words: String, pictures: LabelledImages?)] = [
      ("trained on", training), ("validated with", validation), ("tested on", test),
    ]
    for (first, second) in [(0, 1), (0, 2), (1, 2)] {
      guard let one = sets[first].pictures, let other = sets[second].pictures else { continue }
      let shared = Set(one.paths).intersection(other.paths).count
      if shared > 0 {
        notes.append(
          "warning: \(shared) pictures are both \(sets[first].words) and \(sets[second].words): the results will look "
            + "better than they are")
      }
    }
    return notes
  }

  /// How pictures are changed, and when; nil where they are not.
  private var augmentationNote: String? {
    guard data.isAugmented else { return nil }
    func words(_ name: String, _ config: JSONValue) -> String {
      let chance = config["probability"]?.doubleValue ?? 1
      return name + (chance == 1 ? "" : " (probability \(chance))")
    }
    let parts =
      data.augment.map { words(type(of: $0).name, $0.config) }
      + data.mixing.map { words(type(of: $0).name, $0.config) + " of mini-batches" }
    return "augmentation: " + parts.joined(separator: ", ")
      + (cache.views.map { "; \($0) views of each picture, which the epochs take in turn" }
        ?? "; drawn anew in every epoch") + " (finetune augment draws them)"
  }
}
