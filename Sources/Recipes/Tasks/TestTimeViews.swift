internal import Images
internal import JSON
internal import Tensors
internal import Training

/// The forms of a picture whose outputs are averaged, where more than one is asked for: test-time augmentation
/// ([Krizhevsky et al. 2012](https://doi.org/10.1145/3065386) took ten).
///
/// The first is the picture as it is. The others are changed as the pictures were that the model learned from: by the `augment`
/// of its recipe, which its file keeps; mixing with other pictures is no part of it. View k changes every picture in the same way,
/// so what is said of a picture depends on no other. A model whose file knows of no augmentation is shown the mirror image, and
/// there is only one.
struct TestTimeViews: Sendable {
  let count: Int
  private let augmentations: [any Augmentation]

  init(_ count: Int, for model: LoadedModel) throws(ModelLoadingError) {
    precondition(count >= 1, "a picture is looked at once or more, not \(count) times")
    self.count = count
    guard count > 1, let configs = model.augment?.arrayValue, !configs.isEmpty else {
      guard count <= 2 else {
        throw ModelLoadingError(
          "the model's file knows of no augmentation, so there is one other view of a picture, its mirror image: ask for 2 "
            + "views, not \(count)")
      }
      augmentations = [Mirror()]
      return
    }
    var augmentations: [any Augmentation] = []
    for config in configs {
      do throws(AugmentationError) {
        augmentations.append(try AugmentationRegistry.augmentation(config: config))
      } catch {
        throw ModelLoadingError("the model's file names an augmentation that is not understood: \(error)")
      }
    }
    self.augmentations = augmentations
  }

  /// The pictures of a batch in one of the views, values 0…255.
  func pictures(
    _ batch: Tensor, view: Int, forEach: ForEachIndex = { count, body in for index in 0..<count { body(index) } }
  ) -> Tensor {
    guard view > 0 else { return batch }
    return augmentations.enumerated().reduce(batch) { pictures, entry in
      let key = AugmentationRegistry.key(seed: 0, epoch: view, sample: 0, position: entry.offset)
      return entry.element(pictures, keys: Array(repeating: key, count: pictures.shape[0]), forEach: forEach)
    }
  }
}

/// Mirrors every picture, left to right.
private struct Mirror: Augmentation {
  static let name = "mirror"

  init() {}
  init(config: JSONValue) throws(AugmentationError) {}

  var config: JSONValue { ["name": .string(Self.name)] }

  @unsafe func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    unsafe Pixels(sample, shape).mirror()
  }
}

/// Pictures in one of their views.
struct ViewedSamples: SampleSource {
  /// As they are, without preprocessing.
  let pictures: ImageSamples
  let preprocessing: Preprocessing
  let views: TestTimeViews
  let view: Int

  var count: Int { pictures.count }
  var targets: Targets { pictures.targets }
  var shape: Shape { pictures.shape }

  func sample(_ index: Int, epoch: Int) throws(ImageError) -> Tensor {
    let picture = try pictures.sample(index, epoch: epoch)
    return preprocessing(views.pictures(picture.reshaped(to: shape.batched(1)), view: view)).reshaped(to: shape)
  }

  func check(_ index: Int) throws(ImageError) { try pictures.check(index) }
}
