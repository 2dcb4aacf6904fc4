internal import Layers
internal import Training

/// A stretch of a phase in which the same layers are free.
struct UnfreezingStage {
  /// Its epochs in the phase, counted from 0.
  var epochs: Range<Int>
  /// All layers that are free in it, as indices into `Model.instances`.
  var trained: Set<Int>
  /// What thaws at its beginning, by name.
  var thawed: [String]
}

extension Recipe {
  /// The stretches that a phase falls into: one, unless it thaws layers as it goes on.
  ///
  /// - Returns: the stages that begin within the phase, and the names of the groups whose turn would come after its end.
  func stages(of phase: PhaseRecipe, _ model: Model, _ place: String) throws(RecipeError) -> (
    stages: [UnfreezingStage], late: [String]
  ) {
    guard let unfreeze = phase.unfreeze else {
      let trained = try trainedLayers(phase.trained, of: model, place)
      return ([UnfreezingStage(epochs: 0..<phase.epochs, trained: trained, thawed: [])], [])
    }
    let groups = model.thawingGroups
    var free: Set<Int>
    if case .all = phase.trained {
      // Where nobody says what to begin with, it is the head.
      free = groups.first?.layers ?? []
    } else {
      free = try trainedLayers(phase.trained, of: model, place)
    }
    var newcomers: [(name: String, layers: Set<Int>)] = []
    switch unfreeze.groups {
    case .all, .next:
      newcomers = groups.filter { group in
        group.layers.contains { !free.contains($0) && !model.instances[$0].parameters.isEmpty }
      }
      if case .next(let count) = unfreeze.groups {
        guard count <= newcomers.count else {
          throw RecipeError(
            file: file, path: "\(place).unfreeze.groups",
            "\(count) groups are to thaw, but the model has \(newcomers.count) that the phase does not begin with: "
              + "\(Plan.list(newcomers.map(\.name))). Say at most \(newcomers.count).")
        }
        newcomers.removeLast(newcomers.count - count)
      }
      if newcomers.isEmpty {
        throw RecipeError(
          file: file, path: "\(place).unfreeze",
          "nothing is left to thaw: the phase trains all layers from its beginning. Begin with less, \"train\": [\"head/*\"], "
            + "or leave \"unfreeze\" out.")
      }
    case .listed(let listed):
      var known = free
      for (index, patterns) in listed.enumerated() {
        let layers = try trainedLayers(.matching(patterns), of: model, place, key: "unfreeze.groups[\(index)]")
        guard layers.contains(where: { !known.contains($0) && !model.instances[$0].parameters.isEmpty }) else {
          throw RecipeError(
            file: file, path: "\(place).unfreeze.groups[\(index)]",
            "\(patterns.map { "\"\($0)\"" }.joined(separator: ", ")) thaws nothing: its layers have no weights, or are "
              + "free already. Leave it out.")
        }
        known.formUnion(layers)
        newcomers.append((patterns.joined(separator: ", "), layers))
      }
    }
    var stages = [UnfreezingStage(epochs: 0..<phase.epochs, trained: free, thawed: [])]
    for (index, group) in newcomers.enumerated() {
      let start = (index + 1) * unfreeze.everyEpochs
      guard start < phase.epochs else { return (stages, newcomers[index...].map(\.name)) }
      free.formUnion(group.layers)
      stages[index].epochs = stages[index].epochs.lowerBound..<start
      stages.append(UnfreezingStage(epochs: start..<phase.epochs, trained: free, thawed: [group.name]))
    }
    return (stages, [])
  }
}

extension Model {
  /// The groups of `layerGroups` by name, the last first. A layer without parameters goes with what stands before it, so that
  /// dropout wakes together with the layer that it follows.
  fileprivate var thawingGroups: [(name: String, layers: Set<Int>)] {
    var place: [Int: Int] = [:]
    for (number, group) in layerGroups.enumerated() { for instance in group { place[instance] = number } }
    var groups = [(name: String, layers: Set<Int>)](repeating: ("", []), count: layerGroups.count)
    var current = 0
    for index in instances.indices {
      current = place[index] ?? current
      if groups.indices.contains(current) { groups[current].layers.insert(index) }
    }
    for (number, group) in layerGroups.enumerated() {
      guard let first = group.first else { continue }
      let instance = instances[first]
      groups[number].name =
        instance.section == .head && group.count > 1 ? "head" : instance.group ?? instance.path
    }
    return groups.reversed()
  }
}
