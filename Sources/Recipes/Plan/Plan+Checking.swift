internal import HDF5
internal import Images
internal import Layers
internal import Tensors
internal import Training

extension Plan {
  /// Checks a recipe against the world: reads the lists of pictures, loads the model, resolves every selector.
  ///
  /// No picture is decoded yet.
  public init(_ recipe: Recipe) throws(RecipeError) {
    recipe.anticipateModel()
    try self.init(recipe, sharing: SharedParts())
  }

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
  /// Has the file of the model opened by its child process while this one lists the pictures.
  fileprivate func anticipateModel() {
    switch model.source {
    case .architecture(_, _, let weights?): HDF5Reading.anticipate(resolvedWeights(weights))
    case .file(let path): HDF5Reading.anticipate(resolved(path))
    case .architecture, .layers: break
    }
  }
}
