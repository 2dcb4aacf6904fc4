import Images
import JSON
public import Kernels
import Synchronization
import Tensors

/// Features in memory that the runs of one process share: the folds of a cross-validation, the trials of a sweep.
///
/// Each picture goes through a frozen part once, whichever set of whichever run asks for it first; `FeatureKeys` say which
/// frozen parts are the same. One pass runs at a time, on all threads of the shelf's device, and who needs what another is
/// computing waits for it.
public final class FeatureShelf: Sendable {
  private let device: Device
  private let limit: Int
  private let shelves = Mutex<[Shelf]>([])

  /// The values of pictures at one boundary.
  private struct Shelf {
    let key: ContentDigest
    var chunks: [CachedFeatures] = []
    /// Where a picture's values are, by its path.
    var places: [String: ShelvedFeatures.Place] = [:]
    var failures: [String: ImageError] = [:]

    var byteCount: Int { chunks.reduce(0) { $0 + $1.byteCount } }
  }

  /// - Parameters:
  ///   - limit: bytes beyond which boundaries that have not been asked for lately are given up.
  ///   - device: what passes over pictures run on.
  public init(limit: Int, on device: Device) {
    self.limit = limit
    self.device = device
  }

  /// Values at a boundary for a set of pictures, of which only those that nobody asked for before are computed.
  ///
  /// - Parameters as in `FeatureExtraction`.
  public func features(
    of samples: ImageSamples, through part: FrozenPart, cache: FeatureCache?, precision: Precision = .float32,
    progress: ((ExtractionProgress) -> Void)? = nil, shouldStop: @Sendable () -> Bool = { false }
  ) throws(TrainingError) -> (features: ShelvedFeatures, pass: ExtractionPass) {
    let clock = ContinuousClock()
    let start = clock.now
    let key = FeatureKeys.shelf(part, samples: samples, precision: precision)
    let paths = samples.images.paths
    return try shelves.withLock { shelves throws(TrainingError) in
      // The one that was asked for last stands last.
      var shelf = shelves.firstIndex { $0.key == key }.map { shelves.remove(at: $0) } ?? Shelf(key: key)
      defer { shelves.append(shelf) }
      let missing = paths.indices.filter { shelf.places[paths[$0]] == nil && shelf.failures[paths[$0]] == nil }
      var found = paths.count - missing.count
      if !missing.isEmpty {
        let room = limit - shelf.byteCount - missing.count * part.byteCount * (samples.views ?? 1)
        while let first = shelves.first, shelves.reduce(0, { $0 + $1.byteCount }) > room, first.key != key {
          shelves.removeFirst()
        }
        let extraction = FeatureExtraction(
          samples.gathering(missing), through: part, cache: cache, precision: precision)
        let extracted = try extraction(on: device, progress: progress, shouldStop: shouldStop)
        for (row, position) in extracted.kept.enumerated() {
          shelf.places[paths[missing[position]]] = ShelvedFeatures.Place(chunk: shelf.chunks.count, row: row)
        }
        for (position, error) in extracted.failures { shelf.failures[paths[missing[position]]] = error }
        shelf.chunks.append(extracted.features)
        found += extracted.storedCount
      }
      let kept = paths.indices.filter { shelf.failures[paths[$0]] == nil }
      let features = ShelvedFeatures(
        shelf.chunks, values: part.values, places: kept.compactMap { shelf.places[paths[$0]] },
        targets: samples.targets[kept], inputShapes: [samples.shape], views: samples.views ?? 1)
      let failures = paths.indices.compactMap { index in
        shelf.failures[paths[index]].map { (index: index, error: $0) }
      }
      return (
        features,
        ExtractionPass(
          kept: kept, failures: failures, storedCount: found, seconds: (clock.now - start).seconds, keys: [])
      )
    }
  }
}

extension FeatureKeys {
  /// A digest of all that decides the values of a set of boundaries, the pictures aside.
  fileprivate static func shelf(_ part: FrozenPart, samples: ImageSamples, precision: Precision) -> ContentDigest {
    var builder = DigestBuilder()
    builder.add(part.values.count)
    builder.add(part.passesPicture ? "with the picture" : "")
    builder.add(String(reflecting: samples.loader))
    builder.add(String(reflecting: samples.preprocessing))
    if let views = samples.views {
      builder.add(views)
      builder.add(Int(truncatingIfNeeded: samples.seed))
      for augmentation in samples.augmentations { builder.add(augmentation.config.text) }
    }
    for key in FeatureKeys(part, samples: samples, precision: precision).keys { builder.add(key) }
    return builder.finished()
  }
}

extension ImageSamples {
  /// The samples at `positions`, in that order.
  fileprivate func gathering(_ positions: [Int]) -> ImageSamples {
    ImageSamples(
      images.gathering(positions), loader: loader, augmentations: augmentations, preprocessing: preprocessing,
      seed: seed, views: views)
  }
}
