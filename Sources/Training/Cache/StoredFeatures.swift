public import Kernels
public import Layers
import Synchronization
public import Tensors

/// Values at boundaries that stay on disk: every batch is read from the mapped files of the cache.
///
/// All were found sound when the pass over the pictures ended; should one no longer be, reading it throws.
public struct StoredFeatures: KeptFeatures {
  private let pictures: CachedPictures
  private let keys: [ContentDigest]
  private let boundary: [ValueID]
  public let targets: Targets
  public let inputShapes: [Shape]
  /// How many forms each sample has; the epochs go through them in turn.
  public let views: Int

  /// - Returns: nil unless the cache holds all of them.
  init?(_ pictures: CachedPictures, keys: [ContentDigest?], targets: Targets, inputShapes: [Shape], views: Int) {
    let known = keys.compactMap(\.self)
    guard known.count == keys.count, known.allSatisfy(pictures.holds) else { return nil }
    self.init(
      pictures, known, boundary: pictures.part.values, targets: targets, inputShapes: inputShapes, views: views)
  }

  private init(
    _ pictures: CachedPictures, _ keys: [ContentDigest], boundary: [ValueID], targets: Targets, inputShapes: [Shape],
    views: Int
  ) {
    self.pictures = pictures
    self.keys = keys
    self.boundary = boundary
    self.targets = targets
    self.inputShapes = inputShapes
    self.views = views
  }

  public var count: Int { targets.count }

  /// Bytes on disk, without what the files hold besides.
  public var byteCount: Int { keys.count * pictures.stores.reduce(0) { $0 + $1.layout.byteCount } }

  public var tellsDrawsApart: Bool { views > 1 }

  public func holds(_ boundary: [ValueID]) -> Bool { boundary.allSatisfy(self.boundary.contains) }

  public func restricted(to boundary: [ValueID]) -> StoredFeatures {
    precondition(holds(boundary), "not all values of the boundary are stored")
    return StoredFeatures(
      pictures, keys, boundary: boundary, targets: targets, inputShapes: inputShapes, views: views)
  }

  public func batch(_ indices: [Int], epoch: Int, on device: Device) throws -> [ValueID: Tensor] {
    var values: [ValueID: Tensor] = [:]
    for (position, value) in pictures.part.values.enumerated() where boundary.contains(value) {
      let store = pictures.stores[position]
      let shape = pictures.part.shapes[position]
      let isSound = Atomic(true)
      // Every row is written, or nobody sees the tensor.
      var tensor = unsafe Tensor(uninitialized: shape.batched(indices.count), in: device.buffers)
      writing(&tensor) { target in
        device.forEach(indices.count) { row in
          // A sample that is drawn again in an epoch has its next form then.
          let key = keys[(epoch + indices[row] / count) % views * count + indices[row] % count]
          let place = target.advanced(by: row * store.layout.count)
          if unsafe !store.read(key, into: place.address) { isSound.store(false, ordering: .relaxed) }
        }
      }
      guard isSound.load(ordering: .relaxed) else {
        throw TrainingError(
          .unreadableImage,
          "features on disk were damaged while they were in use; start again, and what is damaged is computed anew")
      }
      values[value] = tensor
    }
    return values
  }
}
