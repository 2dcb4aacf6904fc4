internal import Synchronization
internal import Tensors

/// Puts the outputs of single images together into batches, from any thread.
final class Collector: Sendable {
  private let count: Int
  private let batches = Mutex<[Tensor]>([])

  init(count: Int) { self.count = count }

  /// Copies the tensors of one image, `[1, …]` each, to its place.
  func put(_ tensors: [Tensor], at index: Int, in pool: BufferPool) {
    batches.withLock { batches in
      if batches.isEmpty {
        // Every element is written: each image has its place, and every image comes.
        batches = tensors.map { unsafe Tensor(uninitialized: $0.shape.sample.batched(count), in: pool) }
      }
      for (position, tensor) in tensors.enumerated() {
        unsafe batches[position].withUnsafeMutableElements { target in
          unsafe tensor.withUnsafeElements { source in
            guard let from = source.baseAddress, let to = target.baseAddress else { return }
            unsafe (to + index * source.count).update(from: from, count: source.count)
          }
        }
      }
    }
  }

  var results: [Tensor] { batches.withLock { $0 } }
}
