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
  /// How many pictures are in work at once, to begin with.
  public static let chunkSize = 64
  /// As many as take about so long: after each chunk the threads wait for the last, and progress is told.
  private static let chunkSeconds = 0.2
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

  /// A pass over pictures from files, all their views.
  ///
  /// - Parameters:
  ///   - part: leads to the union of all boundaries.
  ///   - cache: where features of earlier runs are, and new ones go; nil to compute all.
  ///   - precision: what features are rounded to.
  public init(
    _ samples: ImageSamples, through part: FrozenPart, cache: FeatureCache?, precision: Precision = .float32
  ) {
    self.samples = samples
    self.part = part
    self.precision = precision
    // Where nothing is computed one view tells whether a picture can be read.
    views = part.values.isEmpty ? 1 : samples.views ?? 1
    pictures = CachedPictures(samples, through: part, cache: cache, precision: precision)
  }

  /// Bytes that the result will take.
  public var byteCount: Int { samples.count * views * part.byteCount }

  /// How many pictures need not be computed, as far as can be told without reading one.
  public var storedCount: Int { pictures?.storedCount() ?? 0 }

  /// Runs the pass.
  ///
  /// - Parameters:
  ///   - progress: is told, after each chunk, how far the pass is.
  ///   - shouldStop: asked before each chunk; once it says yes, a `TrainingError` of the kind `cancelled` is thrown. What was
  ///     computed until then stays in the cache.
  public func callAsFunction(
    on device: Device, progress: ((ExtractionProgress) -> Void)? = nil, shouldStop: @Sendable () -> Bool = { false }
  ) throws(TrainingError) -> ExtractedFeatures {
    let count = samples.count
    // Rows of pictures that cannot be read are never looked at, and all others are written.
    var tensors = part.shapes.map { unsafe Tensor(uninitialized: $0.batched(count * views)) }
    let pass = try run(&tensors, on: device, progress, shouldStop)
    let kept = pass.kept
    if kept.count < count {
      let rows = (0..<views).flatMap { view in kept.map { view * count + $0 } }
      tensors = tensors.map { $0.gathering(samples: rows) }
    }
    let features = CachedFeatures(
      values: Dictionary(uniqueKeysWithValues: zip(part.values, tensors)), targets: samples.targets[kept],
      inputShapes: [samples.shape], views: views)
    return ExtractedFeatures(features: features, pass)
  }

  /// Runs the pass for values that memory does not hold: they are written to the disk, and mapped from there.
  ///
  /// - Returns: nil if the cache cannot keep them all.
  public func onDisk(
    on device: Device, progress: ((ExtractionProgress) -> Void)? = nil, shouldStop: @Sendable () -> Bool = { false }
  ) throws(TrainingError) -> (features: StoredFeatures, pass: ExtractionPass)? {
    guard let pictures, !pictures.stores.isEmpty, !part.passesPicture else { return nil }
    let room = max(Self.chunkSize, Self.flushSize / max(1, part.byteCount) / Self.chunkSize * Self.chunkSize)
    let rowCount = min(room, samples.count * views)
    // Filled again and again; each time it is full its rows are written.
    var tensors = part.shapes.map { unsafe Tensor(uninitialized: $0.batched(rowCount)) }
    let pass = try run(&tensors, on: device, progress, shouldStop)
    let rows = (0..<views).flatMap { view in pass.kept.map { view * samples.count + $0 } }
    let features = StoredFeatures(
      pictures.reopened(), keys: rows.map { pass.keys[$0] }, targets: samples.targets[pass.kept],
      inputShapes: [samples.shape], views: views)
    return features.map { ($0, pass) }
  }

  /// Goes through all pictures with room for so many rows; what is not on disk yet is written there when the room is full.
  private func run(
    _ tensors: inout [Tensor], on device: Device, _ progress: ((ExtractionProgress) -> Void)?,
    _ shouldStop: @Sendable () -> Bool
  ) throws(TrainingError) -> ExtractionPass {
    let clock = ContinuousClock()
    let start = clock.now
    let count = samples.count
    let rowCount = count * views
    let room = tensors.first?.shape[0] ?? max(1, rowCount)
    var failures: [Int: ImageError] = [:]
    var computed = Set<Int>()
    var keys: [ContentDigest?] = []
    var isCancelled = false
    writing(&tensors) { targets in
      var unkept: [(row: Int, key: ContentDigest)] = []
      var first = 0
      var chunk = Self.chunkSize
      var last = start
      while first < rowCount {
        if shouldStop() {
          isCancelled = true
          break
        }
        let place = first % room
        let rows = first..<min(rowCount, first + min(chunk, room - place))
        for (row, outcome) in zip(rows, outcomes(rows, targets, from: place, on: device)) {
          if !outcome.isStored {
            computed.insert(row % count)
            if let key = outcome.key { unkept.append((place + row - first, key)) }
          }
          keys.append(outcome.key)
          if let error = outcome.error, failures[row % count] == nil { failures[row % count] = error }
        }
        first = rows.upperBound
        if unkept.count * part.byteCount >= Self.flushSize || first % room == 0 {
          pictures?.keep(unkept, of: targets)
          unkept = []
        }
        progress?(ExtractionProgress(done: first / views, total: count, seconds: (clock.now - start).seconds))
        let now = clock.now
        if (now - last).seconds < Self.chunkSeconds / 2 { chunk *= 2 }
        last = now
      }
      pictures?.keep(unkept, of: targets)
    }
    pictures?.finish()
    if isCancelled {
      throw TrainingError(.cancelled, "stopped while features were computed; there is no result yet")
    }
    return ExtractionPass(
      kept: (0..<count).filter { failures[$0] == nil },
      failures: failures.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, storedCount: count - computed.count,
      seconds: (clock.now - start).seconds, keys: keys)
  }

  /// Fills rows, one picture per thread from file to value.
  private func outcomes(
    _ rows: Range<Int>, _ targets: [Target], from place: Int, on device: Device
  ) -> [CachedPictures.Outcome] {
    let outcomes = Mutex([CachedPictures.Outcome](repeating: .init(), count: rows.count))
    let serial = device.serial
    let sizes = part.shapes.map(\.elementCount)
    device.forEach(rows.count) { position in
      let row = rows.lowerBound + position
      let places = zip(targets, sizes).map { $0.advanced(by: (place + position) * $1) }
      let (sample, view) = (row % samples.count, row / samples.count)
      let outcome: CachedPictures.Outcome
      if part.values.isEmpty {
        do throws(ImageError) {
          try samples.check(sample)
          outcome = .init()
        } catch { outcome = .init(error: error) }
      } else if let pictures {
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

/// How a pass over pictures went.
public struct ExtractionPass: Sendable {
  /// The indices of the pictures that could be read.
  public let kept: [Int]
  /// The pictures that could not.
  public let failures: [(index: Int, error: ImageError)]
  /// How many pictures' values came from the cache on disk.
  public let storedCount: Int
  public let seconds: Double
  /// What each row is kept under.
  let keys: [ContentDigest?]
}

/// What a pass over pictures gave.
public struct ExtractedFeatures: Sendable {
  /// Of the pictures that could be read, in their order.
  public let features: CachedFeatures
  public let pass: ExtractionPass

  init(features: CachedFeatures, _ pass: ExtractionPass) {
    self.features = features
    self.pass = pass
  }

  /// The indices of the pictures that could be read.
  public var kept: [Int] { pass.kept }
  /// The pictures that could not.
  public var failures: [(index: Int, error: ImageError)] { pass.failures }
  /// How many pictures' values came from the cache on disk.
  public var storedCount: Int { pass.storedCount }
  public var seconds: Double { pass.seconds }
}
