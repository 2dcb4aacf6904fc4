internal import Execution
public import Images
public import JSON
public import Kernels
internal import Layers
internal import Tensors
public import Training

extension CachedFeatures {
  /// The model's outputs, which these are for the pictures as they are, averaged over all views.
  fileprivate func averaged(
    _ loaded: LoadedModel, over views: TestTimeViews, of pictures: LabelledImages, on device: Device,
    progress: @escaping (_ done: Int, _ count: Int, _ imagesPerSecond: Double) -> Void
  ) throws -> CachedFeatures {
    guard views.count > 1, let first = values[loaded.firstOutput] else { return self }
    let plain = ImageSamples(pictures, loader: loaded.loader(), preprocessing: Preprocessing.none)
    var sums = first.elements
    for view in 1..<views.count {
      let samples = ViewedSamples(pictures: plain, preprocessing: loaded.preprocessing, views: views, view: view)
      let pass = try FeatureExtraction(samples, through: loaded.model, values: [loaded.firstOutput], on: device)(
        on: device,
        progress: { progress(view * $0.total + $0.done, views.count * $0.total, $0.imagesPerSecond) })
      if let failure = pass.failures.first { throw failure.error }
      for (index, value) in (pass.features.values[loaded.firstOutput]?.elements ?? []).enumerated() {
        sums[index] += value
      }
    }
    let mean = Tensor(first.shape, sums.map { $0 / Float(views.count) })
    return CachedFeatures(values: [loaded.firstOutput: mean], targets: targets, inputShapes: inputShapes)
  }
}

/// How well a model does on labelled pictures.
public struct PictureEvaluation: Sendable {
  public let imageCount: Int
  /// The views of each picture over which the model's outputs were averaged.
  public let viewCount: Int
  public let result: EvaluationResult
  /// What it is worth class by class; nil for numbers.
  public let classification: ClassificationReport?
  /// Pictures that cannot be read.
  public let skipped: [ImageError]
  /// What was passed over in the folder.
  public let report: DatasetReport

  /// Evaluates a model on a folder with a folder per class, or a table.
  ///
  /// The folders must bear the model's labels; where the model brings none, they are taken as its classes in the order of
  /// their names.
  ///
  /// - Parameters:
  ///   - columns: what the columns of a table are.
  ///   - viewCount: over how many views of each picture the model's outputs are averaged; see `--tta`.
  public init(
    _ loaded: LoadedModel, on path: String, task: DataRecipe.Task?, columns: TableColumns = TableColumns(),
    batchSize: Int = 32, metrics: [String] = [], viewCount: Int = 1, device: Device,
    progress: @escaping (_ done: Int, _ count: Int, _ imagesPerSecond: Double) -> Void = { _, _, _ in }
  ) throws {
    let shapes = try loaded.model.shapes(for: [loaded.inputShape])
    let output = shapes[loaded.firstOutput.index]
    try LabelledImages.check(columns, of: path)
    let isTable = LabelledImages.isTable(path)
    // One output under at most one name is a number; two names under one output are two classes.
    let isNumber = isTable && output == [1] && (loaded.labels?.count ?? 1) == 1
    let isMultiLabel = isTable && output.elementCount > 1 && loaded.model.endsInSigmoid
    let task = task ?? (isNumber ? .regression : isMultiLabel ? .multiLabel : .classification)
    let pictures = try LabelledImages(
      at: path, task: task, columns: columns, classNames: task == .regression ? nil : loaded.labels)
    if task == .classification, loaded.labels == nil, output.elementCount != 1,
      pictures.classNames.count != output.elementCount
    {
      throw ModelLoadingError(
        "\(path) has \(pictures.classNames.count) classes (\(Plan.list(pictures.classNames))), but the model has "
          + "\(output.elementCount) outputs. Say which output is which with --labels FILE, one class a line.")
    }

    let samples = ImageSamples(
      pictures, loader: loaded.loader(), preprocessing: loaded.preprocessing)
    let views = try TestTimeViews(viewCount, for: loaded)
    let extraction = try FeatureExtraction(
      samples, through: loaded.model, values: [loaded.firstOutput], on: device)
    let extracted = try extraction(
      on: device, progress: { progress($0.done, $0.total * views.count, $0.imagesPerSecond) })
    guard !extracted.kept.isEmpty else {
      throw ModelLoadingError(
        "\(path): none of the \(extracted.failures.count) pictures can be read; the first: \(extracted.failures[0].error)"
      )
    }
    let features = try extracted.features.averaged(
      loaded, over: views, of: pictures.gathering(extracted.kept), on: device, progress: progress)
    let targets = Targets(pictures)
    let loss = try LossRegistry.loss(
      task == .regression
        ? "mean_squared_error"
        : output == [1] || task == .multiLabel ? "binary_crossentropy" : "categorical_crossentropy")
    try loss.check(output: output, targets: targets)
    let standard: [JSONValue] =
      task == .regression ? ["root_mean_squared_error", "mean_absolute_error", "r2_score"] : task.standardMetrics
    let names = metrics.isEmpty ? standard : metrics.map { .string($0) }
    let chosen = try names.map { config throws(ConfigError) in
      try MetricRegistry.metric(config, loss: loss, output: output, targets: targets)
    }
    let evaluator = Evaluator(loss: loss, metrics: chosen, batchSize: batchSize, on: device)
    var numbers: [Float] = []
    let evaluated = try evaluator.evaluate(
      loaded.model, on: features, inspect: { outputs, _ in numbers += outputs.elements })
    guard let result = evaluated else { preconditionFailure("nobody asks the evaluation to stop") }
    let units = output.elementCount
    classification = OutputReading(loss: loss, units: units, targets: targets).map { reading in
      ClassificationReport(
        Tensor([numbers.count / max(1, units), units], numbers), extracted.features.targets, reading: reading,
        labels: loaded.labels ?? pictures.classNames)
    }
    self.result = result
    self.viewCount = viewCount
    imageCount = extracted.kept.count
    skipped = extracted.failures.map(\.error)
    report = pictures.report
  }

  /// `{"images": …, "loss": …, "accuracy": …}`, and for classes what `ClassificationReport` says
  public var json: JSONValue {
    var object: OrderedDictionary<String, JSONValue> = ["images": .integer(imageCount), "loss": .number(result.loss)]
    if viewCount > 1 { object["views"] = .integer(viewCount) }
    for metric in result.metrics { object[metric.name] = .number(metric.value) }
    for (key, value) in classification?.json ?? [:] { object[key] = value }
    if !skipped.isEmpty {
      object["skipped"] = .array(skipped.map { ["file": .string($0.path), "reason": .string($0.reason)] })
    }
    return .object(object)
  }
}
