internal import Images
internal import Kernels
internal import Layers
internal import Tensors
internal import Training

extension ModelAssembly {
  /// Puts a layer in front of the model that brings each channel to mean 0 and standard deviation 1 over the pictures that are
  /// trained on, if the recipe asks for it. Validation and test pictures have no part in its numbers.
  ///
  /// It is Keras' `Normalization` with its numbers in the configuration: whoever loads the model gets them with it, and no step
  /// moves them.
  mutating func standardize(_ recipe: Recipe, _ training: LabelledImages) throws(RecipeError) {
    guard recipe.model.standardizes, let mode = ColorMode(channelCount: channels) else { return }
    if model.instances.contains(where: { $0.layer is Normalization && $0.path.hasSuffix("standardize") }) {
      throw RecipeError(
        file: recipe.file, path: "model.preprocessing",
        "the model brings a layer \"standardize\" with the numbers of the pictures that it was trained on; leave "
          + "\"preprocessing\" out to go on with them")
    }
    var loader = ImageLoader(Resizing(inputSize, interpolation: recipe.data.interpolation), mode: mode)
    loader.decoding = recipe.data.decoding
    let statistics = ChannelStatistics(of: training, loader: loader, on: Device())
    guard statistics.count > 0 else {
      throw RecipeError(
        file: recipe.file, path: "model.preprocessing", "none of the training pictures can be read to be measured")
    }
    guard statistics.variance.allSatisfy({ $0 > 0 }) else {
      throw RecipeError(
        file: recipe.file, path: "model.preprocessing",
        "\"standardize\" divides by the standard deviation, but a channel is the same in all pixels of all training pictures"
      )
    }
    let layer = Normalization(
      constants: .init(mean: statistics.mean.map { Float($0) }, variance: statistics.variance.map { Float($0) }))
    model = try recipe.asking("model.preprocessing") { () throws(ModelError) in
      try model.inserting([("standardize", layer)], at: .first, initialization: .none).model
    }
    preprocessing = .none
    func list(_ numbers: [Double]) -> String { numbers.map { "\(($0 * 100).rounded() / 100)" }.joined(separator: ", ") }
    notes.append(
      "standardize: mean \(list(statistics.mean)), standard deviation \(list(statistics.standardDeviation)) of "
        + "\(statistics.count) training pictures, in a layer in front of the model")
  }
}
