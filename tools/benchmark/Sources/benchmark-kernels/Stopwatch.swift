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
    repeat { times.append(duration(body)) } while now - start < seconds || times.count < 3
    return median(times)
  }

  /// Seconds of `body`, and the GFLOP/s of the peak loop: the two take turns, for the machine's speed changes.
  func timeBesidePeak(_ device: Device, _ body: () -> Void) -> (seconds: Double, peak: Double) {
    body()
    var times: [Double] = []
    var peaks: [Double] = []
    let start = now
    repeat {
      peaks.append(peak(device))
      times.append(duration(body))
    } while now - start < seconds || times.count < 3
    return (median(times), median(peaks))
  }

  /// The clock of this thread in GHz while wide vectors are at work, and the most GFLOP/s one thread reached: the best of
  /// many short samples, for what disturbs them can only slow them down.
  func clockAndPeak(_ device: Device) -> (clock: Double, peak: Double) {
    var (clock, best) = (0.0, 0.0)
    for _ in 0..<500 {
      var count = 0
      let cycles = duration { count = device.kernels.runCycles(rounds: 1000) }
      clock = max(clock, Double(count) * 1e-9 / cycles)
      let operations = duration { count = device.kernels.runPeak(rounds: 2000) }
      best = max(best, Double(count) * 1e-9 / operations)
    }
    return (clock, best)
  }

  /// Seconds of `body` for each of the operands, which take turns.
  func turns<Operand>(_ operands: [Operand], _ body: (Operand) -> Void) -> [Double] {
    operands.forEach(body)
    var times = operands.map { _ in [Double]() }
    let start = now
    repeat {
      for (index, operand) in operands.enumerated() { times[index].append(duration { body(operand) }) }
    } while now - start < seconds * Double(operands.count) || times[0].count < 3
    return times.map(median)
  }

  /// The best GFLOP/s of one thread's floats and bfloat16 numbers; nil where there is no instruction for the latter.
  func peaks(_ device: Device) -> (float32: Double, bfloat16: Double)? {
    var best = (float32: 0.0, bfloat16: 0.0)
    for _ in 0..<200 {
      var count: Int? = 0
      let floats = duration { count = device.kernels.runPeak(rounds: 2000) }
      best.float32 = max(best.float32, Double(count ?? 0) * 1e-9 / floats)
      let others = duration { count = device.kernels.runBFloat16Peak(rounds: 2000) }
      guard let count else { return nil }
      best.bfloat16 = max(best.bfloat16, Double(count) * 1e-9 / others)
    }
    return best
  }

  /// GFLOP/s of multiply-adds on all threads of a device.
  private func peak(_ device: Device) -> Double {
    let rounds = 5000
    let operations = Double(device.kernels.runPeak(rounds: rounds) * threads)
    return operations * 1e-9
      / duration { device.forEach(threads) { _ in _ = device.kernels.runPeak(rounds: rounds) } }
  }

  private func duration(_ body: () -> Void) -> Double {
    let start = now
    body()
    return now - start
  }

  private func median(_ numbers: [Double]) -> Double { numbers.sorted()[numbers.count / 2] }
}
