internal import Images
internal import Training

extension Plan {
  /// Pictures as the model takes them.
  func samples(_ pictures: LabelledImages, augmentation: [any Augmentation], views: Int? = nil) -> ImageSamples {
    ImageSamples(
      pictures, loader: loader, augmentations: augmentation, preprocessing: preprocessing, seed: recipe.seed,
      views: views)
  }

  /// Reads pictures in the model's size and channels.
  var loader: ImageLoader {
    var loader = ImageLoader(
      Resizing(inputSize, interpolation: recipe.data.interpolation), mode: ColorMode(channelCount: channels) ?? .rgb)
    loader.decoding = recipe.data.decoding
    return loader
  }
}
