internal import Images
internal import Layers
internal import Tensors

extension LoadedModel {
  /// The shape of one picture.
  var inputShape: Shape { [inputSize.height, inputSize.width, channels] }

  /// Reads pictures in the model's size and channels.
  ///
  /// - Parameter standard: how they are brought to size where nobody says.
  func loader(standard: Interpolation = .bilinear) -> ImageLoader {
    var loader = ImageLoader(
      Resizing(inputSize, interpolation: interpolation ?? standard), mode: ColorMode(channelCount: channels) ?? .rgb)
    loader.decoding = decoding
    return loader
  }

  /// The output of a model that has one.
  var firstOutput: ValueID { model.outputs[0] }

  /// One label for each of `count` outputs.
  func labels(count: Int) throws(ModelLoadingError) -> [String] {
    guard let labels else {
      return count == 1 && !model.givesProbabilities ? ["number"] : (0..<count).map { "class_\($0)" }
    }
    guard labels.count == count || (count == 1 && labels.count == 2) else {
      throw ModelLoadingError(
        "there are \(labels.count) labels, but the model has \(count) outputs. Give the right list with --labels FILE"
          + (labels.count == count + 1 ? "; this one may begin with a line for \"background\"" : "") + ".")
    }
    return labels
  }
}
