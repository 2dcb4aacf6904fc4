public import Kernels
public import Layers
public import Tensors

/// Values at boundaries that stand in memory for several runs, of which this is the part that one set of pictures needs.
public struct ShelvedFeatures: KeptFeatures {
  /// Where a picture's values are: in which pass over pictures they were computed, and its number there.
  struct Place: Hashable, Sendable {
    var chunk: Int
    var row: Int
  }

  private let chunks: [[Tensor]]
  private let values: [ValueID]
  private let boundary: [ValueID]
  private let places: [Place]
  private let rowCounts: [Int]
  public let targets: Targets
  public let inputShapes: [Shape]
  /// How many forms each sample has; the epochs go through them in turn.
  public let views: Int

  /// - Parameters:
  ///   - chunks: what passes over pictures gave, each with the values of one boundary, whatever they are called there.
  ///   - values: what these are called here, in the same order.
  init(
    _ chunks: [CachedFeatures], values: [ValueID], places: [Place], targets: Targets, inputShapes: [Shape], views: Int
  ) {
    // Another model may number its values otherwise; their order is the same.
    let tensors = chunks.map { chunk in chunk.values.keys.sorted().compactMap { chunk.values[$0] } }
    precondition(tensors.allSatisfy { $0.count == values.count }, "other values than those of the boundary")
    self.init(
      tensors, values, values, places, chunks.map(\.count), targets: targets, inputShapes: inputShapes, views: views)
  }

  private init(
    _ chunks: [[Tensor]], _ values: [ValueID], _ boundary: [ValueID], _ places: [Place], _ rowCounts: [Int],
    targets: Targets, inputShapes: [Shape], views: Int
  ) {
    precondition(places.count == targets.count, "\(targets.count) targets for \(places.count) pictures")
    self.chunks = chunks
    self.values = values
    self.boundary = boundary
    self.places = places
    self.rowCounts = rowCounts
    self.targets = targets
    self.inputShapes = inputShapes
    self.views = views
  }

  public var count: Int { targets.count }

  /// Whether indices of `count` and more mean other forms of the same samples.
  public var tellsDrawsApart: Bool { views > 1 }

  /// Bytes in memory, shared with whoever else needs the same pictures.
  public var byteCount: Int {
    guard let first = chunks.first else { return 0 }
    return first.reduce(0) { $0 + $1.shape.sample.elementCount } * MemoryLayout<Float>.stride * views * count
  }

  public func holds(_ boundary: [ValueID]) -> Bool { boundary.allSatisfy(self.boundary.contains) }

  public func restricted(to boundary: [ValueID]) -> ShelvedFeatures {
    precondition(holds(boundary), "not all values of the boundary are there")
    return ShelvedFeatures(
      chunks, values, boundary, places, rowCounts, targets: targets, inputShapes: inputShapes, views: views)
  }

  public func batch(_ indices: [Int], epoch: Int, on device: Device) -> [ValueID: Tensor] {
    var batch: [ValueID: Tensor] = [:]
    for (position, value) in values.enumerated() where boundary.contains(value) {
      guard let shape = chunks.first?[position].shape.sample else { continue }
      let size = shape.elementCount
      // Every row is written before anybody sees the tensor.
      var tensor = unsafe Tensor(uninitialized: shape.batched(indices.count), in: device.buffers)
      unsafe tensor.withUnsafeMutableElements { target in
        for (row, index) in indices.enumerated() {
          // A sample that is drawn again in an epoch, by an index behind all others, has its next form then.
          let place = places[index % count]
          let view = (epoch + index / count) % views
          let start = (view * rowCounts[place.chunk] + place.row) * size
          unsafe chunks[place.chunk][position].withUnsafeElements { source in
            for offset in 0..<size { unsafe target[row * size + offset] = source[start + offset] }
          }
        }
      }
      batch[value] = tensor
    }
    return batch
  }
}
