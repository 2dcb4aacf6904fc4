import Foundation
import Kernels

/// Times what is repeated for a while; the median of the repetitions counts.
///
/// One thread is timed by the processor time it got, so that other programs disturb it little; several threads by the clock
/// on the wall.
struct Stopwatch {
  let seconds: Double
  let threads: Int

  private var now: Double {
    var time = timespec()
    let status = unsafe clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time)
    precondition(status == 0, "every system has these clocks")
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  func time(_ body: () -> Void) -> Double {
    body()  // memory and caches warm up
    var times: [Double] = []
    let start = now
    repeat {
      let before = now
      body()
      times.append(now - before)
    } while now - start < seconds || times.count < 3
    return times.sorted()[times.count / 2]
  }

  /// GFLOP/s of multiply-adds on all threads of a device.
  func peak(_ device: Device) -> Double {
    let rounds = 100_000
    let operations = Double(device.kernels.runPeak(rounds: rounds) * threads)
    return operations * 1e-9 / time { device.forEach(threads) { _ in _ = device.kernels.runPeak(rounds: rounds) } }
  }
}
