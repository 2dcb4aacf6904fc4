internal import Images
internal import Kernels
internal import Layers
internal import Tensors
internal import Training

/// Some pictures of a plan as its epochs see them, column by column.
struct SeenPictures {
  /// Their indices.
  let chosen: [Int]
  /// As they are, then in each epoch.
  var columns: [[Tensor]]
  /// For each of them what each epoch's version stands for.
  var labels: [[[String]]]
}

extension Plan {
  /// The pictures for training that can be read, and those that cannot.
  func readable(on device: Device) throws -> (pictures: LabelledImages, skipped: [ImageError]) {
    let pass = try FeatureExtraction(samples(training, augmentation: []), through: model, values: [], on: device)(
      on: device)
    let skipped = pass.failures.map(\.error)
    if pass.kept.isEmpty { throw RunError.noneReadable(skipped, set: "training") }
    return (training.gathering(pass.kept), skipped)
  }

  func drawn(
    _ pictures: LabelledImages, _ imageCount: Int, _ viewCount: Int, on device: Device
  ) throws -> SeenPictures {
    let count = min(imageCount, pictures.count)
    let chosen = (0..<count).map { $0 * pictures.count / count }
    let originals = seenSamples(pictures, [])
    var drawn = SeenPictures(
      chosen: chosen, columns: [try chosen.map { try originals.sample($0, epoch: 0) }],
      labels: Array(repeating: [], count: count))
    for epoch in 0..<viewCount {
      let seen = try seen(pictures, chosen, epoch: epoch, on: device)
      drawn.columns.append(seen.pictures)
      for (row, label) in seen.labels.enumerated() { drawn.labels[row].append(label) }
    }
    return drawn
  }

  /// Pictures as training sees them, values 0…255.
  private func seenSamples(
    _ pictures: LabelledImages, _ augmentation: [any Augmentation], views: Int? = nil
  ) -> ImageSamples {
    ImageSamples(
      pictures, loader: loader, augmentations: augmentation, preprocessing: Preprocessing.none, seed: recipe.seed,
      views: views)
  }

  /// Some pictures in an epoch, and what they stand for where they are mixed.
  private func seen(
    _ all: LabelledImages, _ chosen: [Int], epoch: Int, on device: Device
  ) throws -> (pictures: [Tensor], labels: [[String]]) {
    // The phase that this epoch is in; the last one goes on.
    var (index, end) = (0, phases[0].recipe.epochs)
    while end <= epoch, index + 1 < phases.count {
      index += 1
      end += phases[index].recipe.epochs
    }
    let phase = phases[index]
    let samples = seenSamples(all, recipe.data.augment, views: hasFixedPictures(phase) ? views : nil)
    guard let mixer = recipe.mixer else { return (try chosen.map { try samples.sample($0, epoch: epoch) }, []) }
    var settings = settings(phase, firstEpoch: 0)
    // An epoch that draws its samples may lack just this picture: then it is shown among those of a plain order.
    settings.sampling = .shuffled
    let source = try ImageBatches(samples, for: model, mixer: mixer)
    let order = settings.order(of: source.targets, epoch: epoch)
    var (pictures, labels) = ([Tensor](), [[String]]())
    for index in chosen {
      guard let place = order.firstIndex(of: index) else { preconditionFailure("an order holds all samples") }
      let start = place / settings.batchSize * settings.batchSize
      let batch = Array(order[start..<min(order.count, start + settings.batchSize)])
      guard let mixed = try source.batch(batch, epoch: epoch, on: device)[model.inputs[0].value] else {
        preconditionFailure("pictures are the model's input")
      }
      pictures.append(mixed[samples: place - start..<place - start + 1].reshaped(to: samples.shape))
      labels.append(words(source.targets(batch, epoch: epoch)[[place - start]]))
    }
    return (pictures, labels)
  }

  /// What one sample stands for: the largest shares of classes, or its number.
  private func words(_ target: Targets) -> [String] {
    func short(_ value: Float) -> String { "\((value * 100).rounded() / 100)" }
    let values = target.numbers(units: max(2, labels.count)).elements
    if recipe.data.task == .regression { return [short(values[0])] }
    let parts = zip(labels, values).filter { $1 >= 0.005 }.sorted { $0.1 > $1.1 }
    return parts.prefix(3).map { "\(short($1)) \($0)" }
  }
}
