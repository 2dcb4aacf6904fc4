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
  /// What was loaded from where, for the user.
  var notes: [String]
}

extension ModelAssembly {
  /// - Parameters:
  ///   - outputCount: what `"units": "classes"` stands for.
  ///   - task: decides the head where the recipe has none.
  init(_ recipe: Recipe, outputCount: Int) throws(RecipeError) {
    switch recipe.model.source {
    case .architecture(let name, let alpha, let weights):
      try self.init(recipe, architecture: name, alpha: alpha, weights: weights, outputCount: outputCount)
    case .file(let path):
      try self.init(recipe, file: path, outputCount: outputCount)
    case .layers(let layers):
      try self.init(recipe, layers: layers, outputCount: outputCount)
    }
  }

  private init(
    _ recipe: Recipe, architecture name: String, alpha: Double?, weights: String?, outputCount: Int
  ) throws(RecipeError) {
    let source = ModelReference(
      path: weights.map(recipe.resolved) ?? "", architecture: name, alpha: alpha, inputSize: recipe.model.inputSize,
      channels: recipe.model.channels, preprocessing: recipe.model.preprocessing)
    let place = weights == nil ? "model.architecture" : "model.weights"
    let loaded = try recipe.asking(place) { () throws(ModelLoadingError) in
      try source.backbone(initialization: weights == nil ? .random(recipe.key("initialization")) : .none)
    }
    let head = recipe.model.head ?? Self.standardHead(recipe.data.task)
    let model = try recipe.adding(head, to: loaded.model, after: nil, outputCount: outputCount)
    self.init(loaded, model: model, keepsHead: false)
  }

  private init(_ recipe: Recipe, file: String, outputCount: Int) throws(RecipeError) {
    let source = ModelReference(
      path: recipe.resolved(file), inputSize: recipe.model.inputSize, channels: recipe.model.channels,
      preprocessing: recipe.model.preprocessing)
    let loaded = try recipe.asking("model.file") { () throws(ModelLoadingError) in try source.load() }
    guard let head = recipe.model.head else {
      self.init(loaded, model: loaded.model, keepsHead: true)
      return
    }
    let model = try recipe.adding(head, to: loaded.model, after: recipe.model.replaceFrom, outputCount: outputCount)
    self.init(loaded, model: model, keepsHead: false)
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

  private init(_ loaded: LoadedModel, model: Model, keepsHead: Bool) {
    self.init(
      model: model, preprocessing: loaded.preprocessing, inputSize: loaded.inputSize, channels: loaded.channels,
      labels: keepsHead ? loaded.labels : nil, architecture: loaded.architecture, notes: loaded.notes)
  }

  /// The head of a recipe that has none: average pooling, then softmax over the classes or one number.
  static func standardHead(_ task: DataRecipe.Task) -> [LayerRecipe] {
    let pooling = LayerRecipe(path: "model.head", kind: "GlobalAveragePooling2D", name: nil, inputs: nil, config: [:])
    let config: JSONValue =
      switch task {
      case .classification: ["units": "classes", "activation": "softmax"]
      case .regression: ["units": 1]
      }
    return [pooling, LayerRecipe(path: "model.head", kind: "Dense", name: nil, inputs: nil, config: config)]
  }
}
