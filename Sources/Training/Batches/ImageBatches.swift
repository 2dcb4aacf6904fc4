import Execution
public import Kernels
public import Layers
public import Tensors

/// Pictures read from their files for every batch: what training needs where something random stands before the part that is
/// trained, or where everything is trained.
///
/// Between the pictures and the boundary of the trained part a compiled program may stand.
public struct ImageBatches: BatchSource {
  private let reader: SampleReader
  private let boundary: [ValueID]
  private let precision: Precision
  /// What is mixed before the compiled program sees it.
  private let mixer: BatchMixer?
  private let program: InferenceProgram?

  /// The pictures themselves, for the only input of a model.
  public init(_ samples: any SampleSource, for model: Model, mixer: BatchMixer? = nil) throws(ModelError) {
    try self.init(
      samples, for: model, boundary: model.inputs.map(\.value), program: nil, precision: .float32, mixer: mixer)
  }

  /// What `model` makes of the pictures at a boundary; the part before it must not change as long as this is used.
  ///
  /// - Parameters:
  ///   - precision: what the values at the boundary are rounded to, pictures excepted.
  ///   - mixer: mixes the pictures of each batch and their targets.
  public init(
    _ samples: any SampleSource, for model: Model, boundary: [ValueID], precision: Precision = .float32,
    mixer: BatchMixer? = nil, on device: Device
  ) throws(ModelError) {
    let inputs = model.inputs.map(\.value)
    let program =
      boundary == inputs
      ? nil : try InferenceProgram(model, to: boundary, inputShapes: [samples.shape], on: device)
    try self.init(samples, for: model, boundary: boundary, program: program, precision: precision, mixer: mixer)
  }

  private init(
    _ samples: any SampleSource, for model: Model, boundary: [ValueID], program: InferenceProgram?,
    precision: Precision, mixer: BatchMixer?
  ) throws(ModelError) {
    try model.checkTakesPictures(samples.shape)
    let mixer = mixer?.mixings.isEmpty == true ? nil : mixer
    // Pictures that are mixed first have to wait for each other.
    reader = SampleReader(samples: samples, program: mixer == nil ? program : nil)
    self.program = program
    self.mixer = mixer
    self.boundary = boundary
    self.precision = program == nil ? .float32 : precision
  }

  public var count: Int { reader.samples.count }
  public var tellsDrawsApart: Bool { reader.samples.tellsDrawsApart }
  public var targets: Targets { reader.samples.targets }
  public var inputShapes: [Shape] { [reader.samples.shape] }

  public func batch(_ indices: [Int], epoch: Int, on device: Device) throws -> [ValueID: Tensor] {
    try values(of: reader.read(indices, epoch: epoch, on: device), indices, epoch: epoch, on: device)
  }

  public func targets(_ indices: [Int], epoch: Int) -> Targets {
    mixtures(indices, epoch: epoch).reduce(targets[indices]) { $1.apply(to: $0) }
  }

  public func begin(_ indices: [Int], epoch: Int, on device: Device) -> (any PendingBatch)? {
    // With one thread there is nobody else who could read.
    guard device.threadCount > 1 else { return nil }
    return PendingImages(reader, indices, epoch: epoch, on: device) { outcomes, device in
      try values(of: outcomes, indices, epoch: epoch, on: device)
    }
  }

  private func mixtures(_ indices: [Int], epoch: Int) -> [SampleMixture] {
    mixer?.mixtures(indices, epoch: epoch, picture: reader.samples.shape) ?? []
  }

  /// The values at the boundary of a batch that has been read.
  private func values(
    of outcomes: [SampleReader.Outcome], _ indices: [Int], epoch: Int, on device: Device
  ) throws -> [ValueID: Tensor] {
    var batches = try together(outcomes, on: device)
    if mixer != nil {
      for mixture in mixtures(indices, epoch: epoch) { mixture.apply(to: &batches[0]) }
      if let program { batches = program(batches, on: device) }
    }
    return Dictionary(uniqueKeysWithValues: zip(boundary, batches.map { $0.rounded(to: precision) }))
  }

  /// The values of single pictures as a batch.
  private func together(_ outcomes: [SampleReader.Outcome], on device: Device) throws -> [Tensor] {
    let shapes = reader.program?.outputShapes ?? inputShapes
    var batches = shapes.map { GrowingBatch($0, capacity: outcomes.count, in: device.buffers) }
    for outcome in outcomes {
      switch outcome {
      case .success(let values):
        for (index, value) in values.enumerated() { batches[index].append(value) }
      case .failure(let error):
        throw TrainingError(.unreadableImage, "\(error). It could be read before; start again without it.")
      }
    }
    return batches.map { $0.finished() }
  }
}

extension Model {
  /// Checks that pictures of a shape are all that this model takes.
  func checkTakesPictures(_ shape: Shape) throws(ModelError) {
    guard inputs.count == 1 else {
      throw ModelError("the model has \(inputs.count) inputs; only models with one can be fed with pictures")
    }
    _ = try shapes(for: [shape])
  }
}
