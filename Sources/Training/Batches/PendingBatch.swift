import Execution
import Images
public import Kernels
public import Layers
import Synchronization
public import Tensors

/// A batch that is being read while something else is computed. Ask for its values once; one that is not asked for is given up
/// when it is let go.
public protocol PendingBatch: Sendable {
  /// Finishes the batch on all threads of a device: the values that `BatchSource.batch` would have given.
  func values(on device: Device) throws -> [ValueID: Tensor]
}

/// Pictures that a thread behind all others goes through one by one. Whoever needs them helps with those that are left.
///
/// Which thread reads a picture is left to chance, what comes of it is not: it depends on the picture and the epoch.
final class PendingImages: PendingBatch {
  /// What the threads share.
  private final class Work: Sendable {
    let reader: SampleReader
    let indices: [Int]
    let epoch: Int
    /// The next position that nobody has taken; beyond the last once the batch is given up.
    let next = Atomic(0)
    let outcomes: Mutex<[SampleReader.Outcome?]>

    init(_ reader: SampleReader, _ indices: [Int], epoch: Int) {
      (self.reader, self.indices, self.epoch) = (reader, indices, epoch)
      outcomes = Mutex(Array(repeating: nil, count: indices.count))
    }

    /// Goes through pictures until all are taken.
    func help(on device: Device) {
      while true {
        let position = next.add(1, ordering: .relaxed).oldValue
        guard position < indices.count else { return }
        let outcome = reader.outcome(indices[position], epoch: epoch, on: device)
        outcomes.withLock { $0[position] = outcome }
      }
    }
  }

  private let work: Work
  private let thread: BackgroundThread
  private let finish: @Sendable ([SampleReader.Outcome], Device) throws -> [ValueID: Tensor]
  private let isJoined = Atomic(false)

  init(
    _ reader: SampleReader, _ indices: [Int], epoch: Int, on device: Device,
    finish: @escaping @Sendable ([SampleReader.Outcome], Device) throws -> [ValueID: Tensor]
  ) {
    let work = Work(reader, indices, epoch: epoch)
    let serial = device.serial
    self.work = work
    self.finish = finish
    thread = BackgroundThread { work.help(on: serial) }
  }

  deinit {
    work.next.store(work.indices.count, ordering: .relaxed)
    join()
  }

  func values(on device: Device) throws -> [ValueID: Tensor] {
    let serial = device.serial
    device.forEach(device.threadCount) { _ in work.help(on: serial) }
    join()
    return try finish(
      work.outcomes.withLock { $0 }.map { outcome in
        guard let outcome else { preconditionFailure("all positions were taken, and whoever took one has finished") }
        return outcome
      }, device)
  }

  private func join() {
    if !isJoined.exchange(true, ordering: .acquiringAndReleasing) { thread.join() }
  }
}
