import Execution
import Images
import Kernels
import Layers
import Synchronization
import Tensors

/// Computes values of a model for single pictures, one picture per thread from file to value, so that neither decoded
/// pictures nor activations ever leave the caches for long.
struct SampleReader: Sendable {
  let samples: any SampleSource
  /// What follows the picture, if anything does.
  let program: InferenceProgram?

  /// The values of one picture, or why it could not be read.
  typealias Outcome = Result<[Tensor], ImageError>

  /// The values of one picture, on the calling thread.
  func outcome(_ index: Int, epoch: Int, on serial: Device) -> Outcome {
    Outcome { () throws(ImageError) in
      let sample = try samples.sample(index, epoch: epoch)
      let image = sample.reshaped(to: sample.shape.batched(1))
      return program?([image], on: serial) ?? [image]
    }
  }

  /// In the order of `indices`.
  func read(_ indices: [Int], epoch: Int, on device: Device) -> [Outcome] {
    let outcomes = Mutex([Outcome?](repeating: nil, count: indices.count))
    let serial = device.serial
    device.forEach(indices.count) { position in
      let outcome = outcome(indices[position], epoch: epoch, on: serial)
      outcomes.withLock { $0[position] = outcome }
    }
    return outcomes.withLock { $0 }.map { outcome in
      guard let outcome else { preconditionFailure("every index is run once") }
      return outcome
    }
  }
}

/// A batch that is filled sample by sample.
struct GrowingBatch {
  private var tensor: Tensor
  private var count = 0

  /// Room for `capacity` samples of a shape.
  init(_ sample: Shape, capacity: Int, in pool: BufferPool? = nil) {
    // Only what has been appended is ever read.
    tensor = unsafe Tensor(uninitialized: sample.batched(capacity), in: pool)
  }

  mutating func append(_ sample: Tensor) {
    let stride = tensor.shape.sample.elementCount
    precondition(sample.count == stride && count < tensor.shape[0], "\(sample.shape) into \(tensor.shape)")
    let start = count * stride
    unsafe tensor.withUnsafeMutableElements { target in
      unsafe sample.withUnsafeElements { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        // Both have `stride` elements there, and a tensor's memory is nobody else's.
        unsafe (to + start).update(from: from, count: stride)
      }
    }
    count += 1
  }

  /// The samples that have been appended.
  consuming func finished() -> Tensor { count == tensor.shape[0] ? tensor : tensor[samples: 0..<count] }
}
