internal import Architectures
internal import JSON
internal import KerasFormat
internal import Layers
internal import Tensors

/// The model of a recipe, put together: the pretrained part with its numbers, the head with new ones.
struct ModelAssembly {
  var model: Model
  var preprocessing: Preprocessing
  var inputSize: Size
  var channels: Int
  /// The labels that the model file brought along, if its head is kept.
  var labels: [String]?
  var architecture: String?
  /// What the optimizer remembered, if the first phase goes on with it.
  var training: SavedTraining?
  /// What was loaded from where, for the user.
  var notes: [String]
  /// What became of the model's classes, where they were carried over.
  var classChange: ClassChange?
}

extension ModelAssembly {
  /// - Parameters:
  ///   - outputCount: what `"units": "classes"` stands for.
  ///   - classNames: the classes of the data, in their order.
  ///   - parts: where models are that other plans have loaded.
  init(
    _ recipe: Recipe, outputCount: Int, classNames: [String], sharing parts: SharedParts
  ) throws(RecipeError) {
    switch recipe.model.source {
    case .architecture(let name, let alpha, let weights):
      let place = weights == nil ? "model.architecture" : "model.weights"
      let keepsTop = recipe.model.surgery.classes?.keeps == true
      var source = ModelReference(
        path: weights.map(recipe.resolvedWeights) ?? "", architecture: name, alpha: alpha,
        inputSize: recipe.model.inputSize,
        // Weights are those of colours; they are adapted behind loading.
        channels: weights == nil ? recipe.model.channels : nil, preprocessing: recipe.model.preprocessing,
        labelFile: recipe.model.labels.map(recipe.resolved), weightRules: recipe.model.weightRules)
      source.folder = recipe.folder
      // What the file may lack needs values of its own.
      let isWhole = weights != nil && recipe.model.weightRules.allowMissing.isEmpty
      let loaded = try recipe.asking(place) { () throws(ModelLoadingError) in
        let start = isWhole ? "" : "seed \(recipe.seed)"
        return try parts.model("\(String(reflecting: source)) \(keepsTop) \(start)") { () throws(ModelLoadingError) in
          keepsTop
            ? try source.load()
            : try source.backbone(initialization: isWhole ? .none : .random(recipe.key("initialization")))
        }
      }
      try self.init(recipe, loaded, standard: keepsTop ? nil : .intent(HeadIntent()), outputCount, classNames)
    case .file(let path):
      let source = ModelReference(
        path: recipe.resolved(path), inputSize: recipe.model.inputSize, preprocessing: recipe.model.preprocessing,
        labelFile: recipe.model.labels.map(recipe.resolved))
      let loaded = try recipe.asking("model.file") { () throws(ModelLoadingError) in
        let withTraining = recipe.phases.first?.continuesOptimizer == true
        return try parts.model("\(String(reflecting: source)) \(withTraining)") { () throws(ModelLoadingError) in
          try source.load(withTraining: withTraining)
        }
      }
      try self.init(
        recipe, loaded, standard: recipe.model.surgery.movesHead ? .intent(HeadIntent()) : nil, outputCount, classNames)
    case .layers(let layers):
      try self.init(recipe, layers: layers, outputCount: outputCount)
    }
  }

  /// - Parameter standard: the head where the recipe has none; nil to keep the model's own.
  private init(
    _ recipe: Recipe, _ loaded: LoadedModel, standard: HeadRecipe?, _ outputCount: Int, _ classNames: [String]
  ) throws(RecipeError) {
    let surgery = recipe.model.surgery
    var loaded = loaded
    if let channels = recipe.model.channels, channels != loaded.channels {
      loaded = try recipe.asking("model.channels") { () throws(ModelError) in
        try loaded.adapted(toChannels: channels, by: surgery.channelAdaptation)
      }
    }
    for insertion in surgery.insertions { try recipe.insert(insertion, into: &loaded) }

    let head = recipe.model.head ?? standard
    var classChange: ClassChange?
    if surgery.classes?.keeps == true {
      classChange = try recipe.changeClasses(of: &loaded, to: classNames)
    } else if let head {
      loaded.model = try recipe.adding(head, to: loaded.model, outputCount: outputCount)
      loaded.labels = nil
    }
    self.init(
      model: loaded.model, preprocessing: loaded.preprocessing, inputSize: loaded.inputSize, channels: loaded.channels,
      labels: loaded.labels, architecture: loaded.architecture, training: loaded.training, notes: loaded.notes,
      classChange: classChange)
  }

  private init(_ recipe: Recipe, layers: [LayerRecipe], outputCount: Int) throws(RecipeError) {
    guard let size = recipe.model.inputSize else { preconditionFailure("the decoder asks for the input size") }
    let channels = recipe.model.channels ?? 3
    self.init(
      model: try recipe.building(layers, inputShape: [size.height, size.width, channels], outputCount: outputCount),
      preprocessing: recipe.model.preprocessing ?? .unit, inputSize: size, channels: channels, labels: nil,
      architecture: nil,
      notes: recipe.model.preprocessing == nil
        ? ["preprocessing: \"unit\", pixels scaled to [0, 1], because the recipe names none"] : [])
  }
}
