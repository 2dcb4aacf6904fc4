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

  /// The pictures themselves, for the only input of a model.
  public init(_ samples: any SampleSource, for model: Model) throws(ModelError) {
    try self.init(samples, for: model, boundary: model.inputs.map(\.value), program: nil, precision: .float32)
  }

  /// What `model` makes of the pictures at a boundary; the part before it must not change as long as this is used.
  ///
  /// - Parameter precision: what the values at the boundary are rounded to, pictures excepted.
  public init(
    _ samples: any SampleSource, for model: Model, boundary: [ValueID], precision: Precision = .float32,
    on device: Device
  ) throws(ModelError) {
    let inputs = model.inputs.map(\.value)
    let program =
      boundary == inputs
      ? nil : try InferenceProgram(model, to: boundary, inputShapes: [samples.shape], on: device)
    try self.init(samples, for: model, boundary: boundary, program: program, precision: precision)
  }

  private init(
    _ samples: any SampleSource, for model: Model, boundary: [ValueID], program: InferenceProgram?,
    precision: Precision
  ) throws(ModelError) {
    try model.checkTakesPictures(samples.shape)
    reader = SampleReader(samples: samples, program: program)
    self.boundary = boundary
    self.precision = program == nil ? .float32 : precision
  }

  public var count: Int { reader.samples.count }
  public var targets: Targets { reader.samples.targets }
  public var inputShapes: [Shape] { [reader.samples.shape] }

  public func batch(_ indices: [Int], epoch: Int, on device: Device) throws -> [ValueID: Tensor] {
    try together(reader.read(indices, epoch: epoch, on: device), on: device)
  }

  public func begin(_ indices: [Int], epoch: Int, on device: Device) -> (any PendingBatch)? {
    // With one thread there is nobody else who could read.
    guard device.threadCount > 1 else { return nil }
    return PendingImages(reader, indices, epoch: epoch, on: device, finish: together)
  }

  /// The values of single pictures as a batch.
  private func together(_ outcomes: [SampleReader.Outcome], on device: Device) throws -> [ValueID: Tensor] {
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
    return Dictionary(uniqueKeysWithValues: zip(boundary, batches.map { $0.finished().rounded(to: precision) }))
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
