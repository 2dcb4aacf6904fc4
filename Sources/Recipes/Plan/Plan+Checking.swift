internal import Images
internal import JSON
internal import KerasFormat
internal import Kernels
internal import Layers
internal import Tensors
internal import Training

extension Plan {
  /// Checks a recipe against the world: reads the lists of pictures, loads the model, resolves every selector.
  ///
  /// No picture is decoded yet.
  public init(_ recipe: Recipe) throws(RecipeError) { try self.init(recipe, sharing: SharedParts()) }

  /// - Parameter parts: what other plans have read, and this one will find there.
  init(_ recipe: Recipe, sharing parts: SharedParts) throws(RecipeError) {
    if let folds = recipe.data.folds {
      try self.init(recipe, folds, sharing: parts)
      return
    }
    let (training, validation, test) = try parts.pictures(recipe)
    let isRegression = recipe.data.task == .regression
    let outputCount = isRegression ? 1 : training.classNames.count
    var assembly = try ModelAssembly(
      recipe, outputCount: outputCount, classNames: training.classNames, sharing: parts)
    guard ColorMode(channelCount: assembly.channels) != nil else {
      throw RecipeError(
        file: recipe.file, path: "model.channels",
        "the model takes \(assembly.channels) channels; pictures are read in grey (1) or in colour (3)")
    }
    try assembly.standardize(recipe, training)
    let shape: Shape = [assembly.inputSize.height, assembly.inputSize.width, assembly.channels]
    let shapes = try recipe.asking("model") { () throws(ModelError) in
      guard assembly.model.inputs.count == 1, assembly.model.outputs.count == 1 else {
        throw ModelError(
          "it has \(assembly.model.inputs.count) inputs and \(assembly.model.outputs.count) outputs; a recipe trains "
            + "models with one picture as input and one output")
      }
      return try assembly.model.shapes(for: [shape])
    }
    let output = shapes[assembly.model.outputs[0].index]
    if let labels = assembly.labels, labels != training.classNames, !isRegression {
      throw RecipeError(
        file: recipe.file, path: "data.train",
        "the classes are \(Self.list(training.classNames)), but the model in \"model.file\" knows \(Self.list(labels)). "
          + "Rename the folders, keep what it knows of those it shares with \"classes\": {\"keep\": true}, or give the model "
          + "a new \"head\".")
    }

    let targets = Targets(training)
    let findings = Findings(recipe.file)
    let loss = findings.attempt { () throws(RecipeError) in
      try recipe.resolvedLoss(assembly.model, output: output, targets: targets)
    }
    let classWeights = findings.attempt { () throws(RecipeError) in
      try recipe.asking("class_weight") { () throws(ConfigError) in
        try recipe.classWeights?.weights(classNames: training.classNames, of: targets)
      }
    }
    var metrics: [any Metric] = []
    if let loss {
      findings.attempt { () throws(RecipeError) in try recipe.checkProbabilities(assembly.model, loss: loss) }
      metrics = recipe.resolvedMetrics(
        loss: loss, output: output, targets: targets, classNames: training.classNames, findings)
    }
    let phases = recipe.plannedPhases(assembly.model, shapes: shapes, findings)
    if loss != nil { recipe.checkMonitors(metrics: metrics, hasValidation: validation != nil, findings) }
    recipe.noteContradictions(pictureCount: training.count, findings)
    let savedTraining = findings.attempt { () throws(RecipeError) in try recipe.savedTraining(assembly) }
    try findings.check()
    guard let loss, let classWeights, let savedTraining else { preconditionFailure("checked above") }

    var notes = assembly.notes
    notes += recipe.pictureNotes(training, validation, test)
    for pictures in [training, validation, test].compactMap(\.self) where !pictures.report.isEmpty {
      let note = "\(pictures.root): \(pictures.report)"
      if !notes.contains(note) { notes.append(note) }
    }
    self.init(
      recipe: recipe, model: assembly.model, preprocessing: assembly.preprocessing, inputSize: assembly.inputSize,
      channels: assembly.channels, architecture: assembly.architecture, training: training, validation: validation,
      test: test, labels: training.classNames, loss: loss, classWeights: classWeights, metrics: metrics, phases: phases,
      savedTraining: savedTraining, notes: notes, warnings: findings.warnings, classChange: assembly.classChange)
  }

  static func list(_ names: [String]) -> String {
    names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", … (\(names.count))" : "")
  }
}

extension Recipe {
  /// What the optimizer of the first phase goes on from, if it shall.
  fileprivate func savedTraining(_ assembly: ModelAssembly) throws(RecipeError) -> SavedTraining? {
    if savesOptimizer, let last = phases.last?.optimizer, !SavedTraining.isKept(last.name, config: last.config) {
      throw RecipeError(
        file: file, path: "save_optimizer", "files of Keras have no place for what \(last.name) remembers", kind: .data)
    }
    guard let phase = phases.first, phase.continuesOptimizer else { return nil }
    func refusal(_ problem: String) -> RecipeError {
      RecipeError(file: file, path: "phases[0].continue_optimizer", problem, kind: .data)
    }
    guard let training = assembly.training else {
      throw refusal(
        "there is nothing to go on from: the model brings no state of an optimizer. Name a \"file\" that was saved with it."
      )
    }
    guard OptimizerState(training, for: phase.optimizer) != nil else {
      throw refusal(
        "the state in the model's file is that of \(training.optimizer) with \(training.config.text), not of "
          + "\(phase.optimizer.name) as it is set here")
    }
    return training
  }

  fileprivate func resolvedLoss(_ model: Model, output: Shape, targets: Targets) throws(RecipeError) -> any Loss {
    try asking("loss") { () throws(ConfigError) in
      let loss: any Loss
      if let given = self.loss {
        loss = given
      } else {
        switch data.task {
        case .regression: loss = try LossRegistry.loss("mean_squared_error")
        case .multiLabel: loss = try LossRegistry.loss("binary_crossentropy")
        case .classification:
          loss = try LossRegistry.loss(
            output == [1] || model.endsInSigmoid ? "binary_crossentropy" : "categorical_crossentropy")
        }
      }
      try loss.check(output: output, targets: targets)
      return loss
    }
  }

  /// Refuses a cross-entropy of what no activation turned into probabilities: it would become infinite sooner or later.
  fileprivate func checkProbabilities(_ model: Model, loss: any Loss) throws(RecipeError) {
    guard loss.takesProbabilities,
      let node = model.nodes.last(where: { $0.output == model.outputs[0] }),
      let dense = model.instances[node.instance].layer as? Dense, dense.activation == .linear
    else { return }
    let activation = loss.name.hasPrefix("binary") ? "sigmoid" : "softmax"
    throw RecipeError(
      file: file, path: "loss",
      "\(loss.name) takes probabilities, but the last layer, \"\(model.instances[node.instance].path)\", has no activation. "
        + "Give it \"activation\": \"\(activation)\", or say \"loss\": {\"name\": \"\(loss.name)\", \"from_logits\": true}."
    )
  }

  /// Those that there are; what is wrong with the others is among the findings.
  fileprivate func resolvedMetrics(
    loss: any Loss, output: Shape, targets: Targets, classNames: [String], _ findings: Findings
  ) -> [any Metric] {
    (metrics ?? data.task.standardMetrics).enumerated().compactMap { index, config in
      findings.attempt { () throws(RecipeError) in
        try asking("metrics[\(index)]") { () throws(ConfigError) in
          try MetricRegistry.metric(
            config, loss: loss, output: output, targets: targets, classNames: classNames)
        }
      }
    }
  }

  /// Checks that what early stopping and plateaus watch will be there. A metric that is wrong itself counts as there.
  fileprivate func checkMonitors(metrics: [any Metric], hasValidation: Bool, _ findings: Findings) {
    let wished = (self.metrics ?? []).compactMap { $0.stringValue ?? $0["name"]?.stringValue }
    func isBroken(_ monitor: String) -> Bool {
      let name = monitor.hasPrefix("val_") ? String(monitor.dropFirst(4)) : monitor
      return wished.contains(name) && !metrics.contains { $0.name == name }
    }
    for (index, phase) in phases.enumerated() {
      findings.attempt { () throws(RecipeError) in
        guard let stopping = phase.earlyStopping ?? earlyStopping, !isBroken(stopping.monitor) else { return }
        try asking(phase.earlyStopping == nil ? "early_stopping" : "phases[\(index)].early_stopping") {
          () throws(ConfigError) in
          try stopping.check(metrics: metrics, hasValidation: hasValidation)
        }
      }
      findings.attempt { () throws(RecipeError) in
        guard let plateau = phase.reduceLROnPlateau ?? reduceLROnPlateau, !isBroken(plateau.monitor) else { return }
        try asking(phase.reduceLROnPlateau == nil ? "reduce_lr_on_plateau" : "phases[\(index)].reduce_lr_on_plateau") {
          () throws(ConfigError) in
          try plateau.check(metrics: metrics, hasValidation: hasValidation)
        }
      }
    }
  }

  fileprivate func plannedPhases(_ model: Model, shapes: [Shape], _ findings: Findings) -> [PlannedPhase] {
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
