public import Kernels
internal import Synchronization
public import Tensors

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What one step of a program costs.
public struct OperationProfile: Sendable {
  /// The path of the layer that the step is named after; others may be fused into it.
  public let name: String
  /// Multiply-adds for all images of the batch.
  public let multiplyAdds: Int
  /// Time of the processor.
  public let seconds: Double
  /// Images that go through the step together.
  public let group: Int
}

extension InferenceProgram {
  /// Runs a batch on the calling thread alone and tells what every step took of the processor's time.
  public func profile(_ inputs: [Tensor], on device: Device) -> [OperationProfile] {
    let count = checkedCount(inputs, on: device)
    let clock = OperationClock(count: perImage.count + perBatch.count)
    let serial = device.serial
    var kept = makeKept(count, in: device.buffers)
    reading(inputs) { inputs in
      writing(&kept) { kept in
        serial.forEach(1, scratch: arenaCount) { _, arena in
          for first in stride(from: 0, to: count, by: chunk) {
            let memory = Memory(arena: arena, inputs: inputs, kept: kept, chunk: first)
            run(min(chunk, count - first), memory, on: serial, profile: clock)
          }
        }
        runPerBatch(count, inputs, kept, on: serial, profile: clock)
      }
    }
    let groups = stages.flatMap { stage in stage.steps.map { _ in stage.group } } + perBatch.map { _ in count }
    return zip(zip(perImage + perBatch, groups), clock.seconds).map { step, seconds in
      OperationProfile(
        name: step.0.name, multiplyAdds: step.0.multiplyAdds * count, seconds: seconds, group: step.1)
    }
  }
}

/// Adds up the processor time of every step.
final class OperationClock: Sendable {
  private let times: Mutex<[Double]>

  init(count: Int) { times = Mutex([Double](repeating: 0, count: count)) }

  var seconds: [Double] { times.withLock { $0 } }

  var now: Double {
    var time = timespec()
    let status = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    precondition(status == 0, "every system has this clock")
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  func add(since start: Double, to step: Int) {
    let time = now - start
    times.withLock { $0[step] += time }
  }
}
