public import Images
public import JSON
public import Kernels
internal import Layers
internal import Tensors
internal import Training

/// Some pictures of a plan as its first epochs will see them, side by side: the picture itself, then what each epoch makes of it,
/// before preprocessing. Where mini-batches are mixed it is with the very pictures that share its batch.
///
/// Pictures that cannot be read change this: training leaves them out, and those behind them move up.
public struct AugmentationSheet: Sendable {
  public struct Row: Hashable, Sendable {
    /// Relative to the folder of the pictures.
    public let name: String
    /// What each epoch's version of it stands for, where pictures are mixed: `["0.7 cat", "0.3 dog"]`, or a number.
    public let labels: [[String]]
  }

  public let rows: [Row]
  /// Versions of each picture, one an epoch.
  public let viewCount: Int
  /// The settings of what changes them.
  public let augment: [JSONValue]
  public let sheet: PixelImage

  /// - Parameters:
  ///   - imageCount: how many pictures; they are taken evenly from the list of all.
  ///   - viewCount: how many epochs.
  public init(_ plan: Plan, imageCount: Int, viewCount: Int, on device: Device) throws {
    guard plan.recipe.data.isAugmented else {
      throw RecipeError(
        file: plan.recipe.file, path: "data.augment",
        "there is nothing to show: the recipe changes no pictures. Add {\"name\": \"random_flip\"}, for example.")
    }
    let count = min(imageCount, plan.training.count)
    let chosen = (0..<count).map { $0 * plan.training.count / count }
    var columns = [try plan.originals(chosen)]
    var labels = [[[String]]](repeating: [], count: count)
    for epoch in 0..<viewCount {
      let drawn = try plan.seen(chosen, epoch: epoch, on: device)
      columns.append(drawn.pictures)
      for (row, label) in drawn.labels.enumerated() { labels[row].append(label) }
    }
    let rows = zip(chosen, labels).map { Row(name: plan.training.names[$0], labels: $1) }
    self.rows = rows
    augment = plan.recipe.data.augment.map(\.config) + plan.recipe.data.mixing.map(\.config)
    self.viewCount = viewCount
    let names = augment.compactMap { $0["name"]?.stringValue }
    sheet =
      PictureTable(
        title: names.joined(separator: ", "), headings: ["picture"] + (1...viewCount).map { "epoch \($0)" },
        rows: rows.indices.map { row in
          PictureTable.Row(label: rows[row].name, pictures: columns.map { $0[row] }, captions: [[]] + rows[row].labels)
        }
      ).drawing
  }

  /// `{"epochs": …, "augment": […], "rows": [{"file": …, "labels": [["0.7 cat", …], …]}]}`
  public var json: JSONValue {
    [
      "epochs": .integer(viewCount), "augment": .array(augment), "width": .integer(sheet.width),
      "height": .integer(sheet.height),
      "rows": .array(
        rows.map { ["file": .string($0.name), "labels": .array($0.labels.map { .array($0.map { .string($0) }) })] }),
    ]
  }
}

extension Plan {
  private func pictures(_ augmentation: [any Augmentation], views: Int? = nil) -> ImageSamples {
    ImageSamples(
      training, loader: loader, augmentations: augmentation, preprocessing: Preprocessing.none, seed: recipe.seed,
      views: views)
  }

  /// Pictures for training as they are, values 0…255.
  fileprivate func originals(_ chosen: [Int]) throws -> [Tensor] {
    let samples = pictures([])
    return try chosen.map { try samples.sample($0, epoch: 0) }
  }

  /// The same as an epoch sees them, and what they stand for where they are mixed.
  fileprivate func seen(
    _ chosen: [Int], epoch: Int, on device: Device
  ) throws -> (pictures: [Tensor], labels: [[String]]) {
    // The phase that this epoch is in; the last one goes on.
    var (index, end) = (0, phases[0].recipe.epochs)
    while end <= epoch, index + 1 < phases.count {
      index += 1
      end += phases[index].recipe.epochs
    }
    let phase = phases[index]
    let samples = pictures(recipe.data.augment, views: hasFixedPictures(phase) ? views : nil)
    guard let mixer = recipe.mixer else { return (try chosen.map { try samples.sample($0, epoch: epoch) }, []) }
    let settings = settings(phase, firstEpoch: 0)
    let order = settings.order(ofEpoch: epoch, count: training.count)
    let source = try ImageBatches(samples, for: model, mixer: mixer)
    var (pictures, labels) = ([Tensor](), [[String]]())
    for index in chosen {
      guard let place = order.firstIndex(of: index) else { preconditionFailure("an order holds all samples") }
      let start = place / settings.batchSize * settings.batchSize
      let batch = Array(order[start..<min(order.count, start + settings.batchSize)])
      guard let all = try source.batch(batch, epoch: epoch, on: device)[model.inputs[0].value] else {
        preconditionFailure("pictures are the model's input")
      }
      pictures.append(all[samples: place - start..<place - start + 1].reshaped(to: samples.shape))
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
