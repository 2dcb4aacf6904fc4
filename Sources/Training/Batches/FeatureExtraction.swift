import Execution
public import Images
public import Kernels
public import Layers
import Tensors

/// One pass over pictures that computes, once and for all, what crosses the freeze boundaries.
///
/// Give it the boundaries of all phases at once: they are computed together. Pictures are read a chunk at a time, so that
/// beside the result only a chunk is in memory. What it gives is the same bits with any number of threads.
public struct FeatureExtraction: Sendable {
  private let reader: SampleReader
  private let values: [ValueID]
  private let shapes: [Shape]
  /// How many pictures are in work at once.
  public static let chunkSize = 64

  /// - Parameters:
  ///   - values: the union of all boundaries; may hold the model's input, and may be empty: then the pass only finds out
  ///     which pictures can be read.
  public init(
    _ samples: any SampleSource, through model: Model, values: [ValueID], on device: Device
  ) throws(ModelError) {
    try model.checkTakesPictures(samples.shape)
    self.values = Set(values).sorted()
    let program =
      self.values.isEmpty || self.values == model.inputs.map(\.value)
      ? nil : try InferenceProgram(model, to: self.values, inputShapes: [samples.shape], on: device)
    reader = SampleReader(samples: samples, program: program)
    shapes = self.values.isEmpty ? [] : program?.outputShapes ?? [samples.shape]
  }

  /// Bytes that the result will take.
  public var byteCount: Int {
    reader.samples.count * shapes.reduce(0) { $0 + $1.elementCount } * MemoryLayout<Float>.stride
  }

  /// Runs the pass.
  ///
  /// - Parameters:
  ///   - progress: is told, after each chunk, how far the pass is.
  ///   - shouldStop: asked before each chunk; once it says yes, a `TrainingError` of the kind `cancelled` is thrown.
  public func callAsFunction(
    on device: Device, progress: ((ExtractionProgress) -> Void)? = nil, shouldStop: @Sendable () -> Bool = { false }
  ) throws(TrainingError) -> ExtractedFeatures {
    let count = reader.samples.count
    var batches = shapes.map { GrowingBatch($0, capacity: count) }
    var kept: [Int] = []
    var failures: [(index: Int, error: ImageError)] = []
    let clock = ContinuousClock()
    let start = clock.now
    for first in stride(from: 0, to: count, by: Self.chunkSize) {
      if shouldStop() {
        throw TrainingError(.cancelled, "stopped while features were computed; there is no result yet")
      }
      let indices = Array(first..<min(count, first + Self.chunkSize))
      for (index, outcome) in zip(indices, reader.read(indices, epoch: 0, on: device)) {
        switch outcome {
        case .success(let tensors):
          kept.append(index)
          for position in batches.indices { batches[position].append(tensors[position]) }
        case .failure(let error): failures.append((index, error))
        }
      }
      progress?(ExtractionProgress(done: first + indices.count, total: count, seconds: (clock.now - start).seconds))
    }
    let tensors = Dictionary(uniqueKeysWithValues: zip(values, batches.map { $0.finished() }))
    return ExtractedFeatures(
      features: CachedFeatures(
        values: tensors, targets: reader.samples.targets[kept], inputShapes: [reader.samples.shape]),
      kept: kept, failures: failures, seconds: (clock.now - start).seconds)
  }
}

/// How far a pass over pictures is.
public struct ExtractionProgress: Hashable, Sendable {
  public let done: Int
  public let total: Int
  public let seconds: Double

  public var imagesPerSecond: Double { Double(done) / max(1e-9, seconds) }
  public var secondsLeft: Double { Double(total - done) * seconds / Double(max(1, done)) }
}

/// What a pass over pictures gave.
public struct ExtractedFeatures: Sendable {
  /// Of the pictures that could be read, in their order.
  public let features: CachedFeatures
  /// The indices of the pictures that could be read.
  public let kept: [Int]
  /// The pictures that could not.
  public let failures: [(index: Int, error: ImageError)]
  public let seconds: Double
}
