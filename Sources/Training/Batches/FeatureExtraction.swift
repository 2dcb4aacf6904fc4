public import Images
public import Kernels
public import Layers
import Synchronization
import Tensors

/// One pass over pictures that computes, once and for all, what crosses the freeze boundaries.
///
/// Give it the boundaries of all phases at once: they are computed together. What it gives is the same bits with any number
/// of threads, and with a cache that knows none, some or all of the pictures.
public struct FeatureExtraction: Sendable {
  private let samples: any SampleSource
  private let part: FrozenPart
  private let pictures: CachedPictures?
  private let precision: Precision
  private let views: Int
  /// How many pictures are in work at once.
  public static let chunkSize = 64
  /// So many bytes of new features are written to the disk at once: what a run that is killed loses.
  private static let flushSize = 128 << 20

  /// - Parameter values: the union of all boundaries; may hold the model's input, and may be empty: then the pass only finds
  ///   out which pictures can be read.
  public init(
    _ samples: any SampleSource, through model: Model, values: [ValueID], on device: Device
  ) throws(ModelError) {
    self.samples = samples
    part = try FrozenPart(model, to: values, picture: samples.shape, on: device)
    pictures = nil
    precision = .float32
    views = 1
  }

  /// A pass over pictures from files.
  ///
  /// - Parameters:
  ///   - part: leads to the union of all boundaries.
  ///   - cache: where features of earlier runs are, and new ones go; nil to compute all.
  ///   - precision: what features are rounded to.
  ///   - views: how many random changes of each picture are computed. Nil for one of each picture, in the first epoch's form;
  ///     else what is random follows from the picture's bytes and the number of the view.
  public init(
    _ samples: ImageSamples, through part: FrozenPart, cache: FeatureCache?, precision: Precision = .float32,
    views: Int? = nil
  ) {
    precondition(views ?? 1 >= 1, "a picture has at least one view, not \(views ?? 1)")
    self.samples = samples
    self.part = part
    self.precision = precision
    self.views = views ?? 1
    pictures = CachedPictures(samples, through: part, cache: cache, precision: precision, hasViews: views != nil)
  }

  /// Bytes that the result will take.
  public var byteCount: Int { samples.count * views * part.byteCount }

  /// How many pictures need not be computed, as far as can be told without reading one.
  public var storedCount: Int { pictures?.storedCount(views: views) ?? 0 }

  /// Runs the pass.
  ///
  /// - Parameters:
  ///   - progress: is told, after each chunk, how far the pass is.
  ///   - shouldStop: asked before each chunk; once it says yes, a `TrainingError` of the kind `cancelled` is thrown. What was
  ///     computed until then stays in the cache.
  public func callAsFunction(
    on device: Device, progress: ((ExtractionProgress) -> Void)? = nil, shouldStop: @Sendable () -> Bool = { false }
  ) throws(TrainingError) -> ExtractedFeatures {
    let clock = ContinuousClock()
    let start = clock.now
    let count = samples.count
    let rowCount = count * views
    // Rows of pictures that cannot be read are never looked at, and all others are written.
    var tensors = part.shapes.map { unsafe Tensor(uninitialized: $0.batched(rowCount)) }
    var failures: [Int: ImageError] = [:]
    var computed = Set<Int>()
    var isCancelled = false
    writing(&tensors) { targets in
      var unkept: [(row: Int, key: ContentDigest)] = []
      for first in stride(from: 0, to: rowCount, by: Self.chunkSize) {
        if shouldStop() {
          isCancelled = true
          break
        }
        let rows = first..<min(rowCount, first + Self.chunkSize)
        for (row, outcome) in zip(rows, outcomes(rows, targets, on: device)) {
          if !outcome.isStored { computed.insert(row % count) }
          if let error = outcome.error, failures[row % count] == nil { failures[row % count] = error }
          if let key = outcome.key { unkept.append((row, key)) }
        }
        if unkept.count * part.byteCount >= Self.flushSize {
          pictures?.keep(unkept, of: targets)
          unkept = []
        }
        progress?(
          ExtractionProgress(done: rows.upperBound / views, total: count, seconds: (clock.now - start).seconds))
      }
      pictures?.keep(unkept, of: targets)
    }
    pictures?.finish()
    if isCancelled {
      throw TrainingError(.cancelled, "stopped while features were computed; there is no result yet")
    }
    let kept = (0..<count).filter { failures[$0] == nil }
    if kept.count < count {
      let rows = (0..<views).flatMap { view in kept.map { view * count + $0 } }
      tensors = tensors.map { $0.gathering(samples: rows) }
    }
    return ExtractedFeatures(
      features: CachedFeatures(
        values: Dictionary(uniqueKeysWithValues: zip(part.values, tensors)), targets: samples.targets[kept],
        inputShapes: [samples.shape], views: views),
      kept: kept, failures: failures.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
      storedCount: count - computed.count, seconds: (clock.now - start).seconds)
  }

  /// Fills rows, one picture per thread from file to value.
  private func outcomes(_ rows: Range<Int>, _ targets: [Target], on device: Device) -> [CachedPictures.Outcome] {
    let outcomes = Mutex([CachedPictures.Outcome](repeating: .init(), count: rows.count))
    let serial = device.serial
    let sizes = part.shapes.map(\.elementCount)
    device.forEach(rows.count) { position in
      let row = rows.lowerBound + position
      let places = zip(targets, sizes).map { $0.advanced(by: row * $1) }
      let (sample, view) = (row % samples.count, row / samples.count)
      let outcome: CachedPictures.Outcome
      if let pictures {
        outcome = pictures.fill(places, sample: sample, view: view, on: serial)
      } else {
        do throws(ImageError) {
          let picture = try samples.sample(sample, epoch: view)
          part.pass(picture, into: places)
          part.compute(picture, into: places, rounding: precision, on: serial)
          outcome = .init()
        } catch { outcome = .init(error: error) }
      }
      outcomes.withLock { $0[position] = outcome }
    }
    return outcomes.withLock { $0 }
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
  /// How many pictures' values came from the cache on disk.
  public let storedCount: Int
  public let seconds: Double
}
