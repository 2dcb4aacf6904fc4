internal import Layers
internal import Tensors
internal import Training

extension Recipe {
  func plannedPhases(_ model: Model, shapes: [Shape], _ findings: Findings) -> [PlannedPhase] {
    var changed = Set<Int>()
    return phases.indices.flatMap { index in
      findings.attempt { () throws(RecipeError) in
        try plannedStages(of: index, model, shapes: shapes, changed: &changed, findings)
      } ?? []
    }
  }

  private func plannedStages(
    of index: Int, _ model: Model, shapes: [Shape], changed: inout Set<Int>, _ findings: Findings
  ) throws(RecipeError) -> [PlannedPhase] {
    var planned: [PlannedPhase] = []
    let (phase, place) = (phases[index], "phases[\(index)]")
    // Weights from nothing need the statistics of their own batches; pretrained ones keep theirs, as Keras' guide has it.
    let standardPolicy: BatchNormPolicy = isFromNothing ? .train : .affine
    let (stages, late) = try stages(of: phase, model, place)
    noteLateGroups(late, of: phase, place, findings)
    noteFrozenRates(phase, trained: stages.last?.trained ?? [], of: model, place, findings)
    for stage in stages {
      var model = model
      model.setTrained(stage.trained)
      model.batchNormPolicy = phase.batchNorm ?? standardPolicy
      let trainable = model.trainableParameters
      guard !trainable.isEmpty else {
        throw RecipeError(
          file: file, path: place,
          "nothing would be trained: none of the layers it leaves free has weights that may move")
      }
      _ = try asking("\(place).layer_rates") { () throws(SelectionError) in
        try phase.layerRates.factors(for: model)
      }
      let fixed = model.fixedValues
      let boundary = model.boundary(ofFixed: fixed)
      let before = model.ancestors(of: boundary)
      let touched = Set(model.nodes.filter { before.contains($0.output) }.map(\.instance))
      planned.append(
        PlannedPhase(
          recipe: phase, number: index, epochs: stage.epochs, thawed: stage.thawed,
          trainedInTheEnd: stages.last?.trained ?? stage.trained,
          earlyStopping: phase.earlyStopping ?? earlyStopping, trained: stage.trained,
          batchNorm: model.batchNormPolicy, boundary: boundary,
          boundarySize: boundary.reduce(0) { $0 + shapes[$1.index].elementCount },
          followsChange: !touched.isDisjoint(with: changed),
          trainableParameterCount: trainable.reduce(0) { $0 + model.parameters[$1].shape.elementCount },
          frozenParameterCount: model.frozenParameters.reduce(0) { $0 + model.parameters[$1].shape.elementCount }))
      changed.formUnion(stage.trained.filter { !model.instances[$0].parameters.isEmpty })
    }
    return planned
  }

  /// - Parameter key: where patterns stand in the phase.
  func trainedLayers(
    _ trained: PhaseRecipe.Trained, of model: Model, _ place: String, key: String = "train"
  ) throws(RecipeError) -> Set<Int> {
    switch trained {
    case .all: return Set(model.instances.indices)
    case .after(let layer):
      let frozen = try asking("\(place).freeze_through") { () throws(SelectionError) in
        try model.layers(.through(layer))
      }
      return Set(model.instances.indices).subtracting(frozen)
    case .matching(let patterns):
      var layers = Set<Int>()
      for (index, pattern) in patterns.enumerated() {
        layers.formUnion(
          try asking(key == "train" ? "\(place).train[\(index)]" : "\(place).\(key)") { () throws(SelectionError) in
            try model.layers(pattern.hasPrefix("group:") ? .group(String(pattern.dropFirst(6))) : .matching(pattern))
          })
      }
      return layers
    }
  }

  /// Whether no weights are loaded.
  var isFromNothing: Bool {
    switch model.source {
    case .architecture(_, _, let weights): weights == nil
    case .file: false
    case .layers: true
    }
  }
}
