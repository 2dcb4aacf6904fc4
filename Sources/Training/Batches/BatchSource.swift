public import Kernels
public import Layers
public import Tensors

/// Samples that a model can be trained on or evaluated with, batch by batch.
public protocol BatchSource: Sendable {
  /// The number of samples.
  var count: Int { get }

  /// One for each sample.
  var targets: Targets { get }

  /// Whether indices of `count` and more mean samples that are drawn again in an epoch: `index % count`, changed at random in
  /// another way. Where nothing about a sample is random there is no need to.
  var tellsDrawsApart: Bool { get }

  /// The shape of one sample of each of the model's inputs, also where values behind them are given.
  var inputShapes: [Shape] { get }

  /// Values of a model for the samples at `indices`, in that order: its inputs, or what crosses a boundary behind which
  /// everything else can be computed; each `[indices.count, …]`.
  ///
  /// - Parameter epoch: what is random about a sample depends on it and on the sample's index, never on the batch.
  func batch(_ indices: [Int], epoch: Int, on device: Device) throws -> [ValueID: Tensor]

  /// What the samples of that batch should give: where samples are mixed, their targets are as well.
  func targets(_ indices: [Int], epoch: Int) -> Targets

  /// Begins to read a batch that will be needed next, while the device's threads do something else; nil where that gains
  /// nothing.
  func begin(_ indices: [Int], epoch: Int, on device: Device) -> (any PendingBatch)?
}

extension BatchSource {
  public func targets(_ indices: [Int], epoch: Int) -> Targets { targets[indices] }

  public var tellsDrawsApart: Bool { false }

  public func begin(_ indices: [Int], epoch: Int, on device: Device) -> (any PendingBatch)? { nil }
}

/// Values at boundaries, computed once and kept.
public protocol KeptFeatures: BatchSource {
  /// Bytes that they take.
  var byteCount: Int { get }

  /// Whether all values of a boundary are there.
  func holds(_ boundary: [ValueID]) -> Bool

  /// The part that a phase with this boundary needs.
  func restricted(to boundary: [ValueID]) -> Self
}

/// Values at a boundary, computed once and kept in memory.
public struct CachedFeatures: KeptFeatures {
  /// `[views · count, …]` for each value: the first view of every sample, then the second.
  public let values: [ValueID: Tensor]
  public let targets: Targets
  public let inputShapes: [Shape]
  /// How many forms each sample has; the epochs go through them in turn.
  public let views: Int

  public init(values: [ValueID: Tensor], targets: Targets, inputShapes: [Shape], views: Int = 1) {
    precondition(
      values.values.allSatisfy { $0.shape[0] == views * targets.count },
      "\(targets.count) targets for other counts of values")
    self.values = values
    self.targets = targets
    self.inputShapes = inputShapes
    self.views = views
  }

  public var count: Int { targets.count }
  public var tellsDrawsApart: Bool { views > 1 }

  /// Bytes in memory.
  public var byteCount: Int { values.values.reduce(0) { $0 + $1.count * MemoryLayout<Float>.stride } }

  public func holds(_ boundary: [ValueID]) -> Bool { boundary.allSatisfy { values[$0] != nil } }

  /// The part that a phase with this boundary needs; the memory is shared.
  public func restricted(to boundary: [ValueID]) -> CachedFeatures {
    let part = values.filter { boundary.contains($0.key) }
    precondition(part.count == Set(boundary).count, "not all values of the boundary are cached")
    return CachedFeatures(values: part, targets: targets, inputShapes: inputShapes, views: views)
  }

  /// The samples at `indices` alone, in that order, copied.
  public subscript(indices: [Int]) -> CachedFeatures {
    let rows = (0..<views).flatMap { view in indices.map { view * count + $0 } }
    return CachedFeatures(
      values: values.mapValues { $0.gathering(samples: rows) }, targets: targets[indices], inputShapes: inputShapes,
      views: views)
  }

  public func batch(_ indices: [Int], epoch: Int, on device: Device) -> [ValueID: Tensor] {
    // A sample that is drawn again in an epoch has its next form then.
    let rows = views == 1 ? indices : indices.map { (epoch + $0 / count) % views * count + $0 % count }
    return values.mapValues { $0.gathering(samples: rows, in: device.buffers) }
  }
}
