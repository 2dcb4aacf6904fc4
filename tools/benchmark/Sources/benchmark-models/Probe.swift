import CProbe
import FineTune
import Foundation
import Synchronization

/// What the machine can do right now: others may be using it too.
struct Probe {
  private let device: Device

  init(_ device: Device) { self.device = device }

  /// GFLOP/s of multiply-adds in float32 and of products of pairs in bfloat16 on all threads, the nanoseconds that a message
  /// takes from one thread to another, and the clock in GHz.
  func answer() -> JSONValue {
    let rounds = 60_000
    let (device, threads) = (device, device.threadCount)
    // This process was stopped, and its threads come late: until they do, one of them would do the work of all.
    let start = ContinuousClock.now
    while start.secondsSince < 0.03 { device.forEach(threads) { _ in _ = device.kernels.runPeak(rounds: 2000) } }
    let operations = Double(threads * device.kernels.runPeak(rounds: 1)) * Double(rounds)
    let single = best { device.forEach(threads) { _ in _ = device.kernels.runPeak(rounds: rounds) } }
    var half = 0.0
    if probe_bfloat16(1) > 0 {
      half = Double(threads) * probe_bfloat16(1) * Double(rounds)
      half /= best { device.forEach(threads) { _ in _ = probe_bfloat16(rounds) } }
    }
    var cycles = 0.0
    let clock = best { cycles = probe_clock(300_000) }
    return [
      "ok": true, "peak_gflops": .number(operations / single * 1e-9), "bfloat16_gflops": .number(half * 1e-9),
      "ping_pong_ns": pingPong(), "gigahertz": .number(cycles / clock * 1e-9),
    ]
  }

  /// The seconds of the fastest of a few repetitions.
  private func best(_ body: () -> Void) -> Double {
    (0..<3).map { _ in
      let start = ContinuousClock.now
      body()
      return start.secondsSince
    }.min() ?? .infinity
  }

  /// Two threads hand a number back and forth; nanoseconds one way, null if the second thread does not come.
  private func pingPong() -> JSONValue {
    let ball = Ball()
    Thread.detachNewThread { ball.play(1) }
    return ball.play(0).map { .number($0 * 1e9) } ?? .null
  }
}

/// Goes from one thread to the other.
private final class Ball: Sendable {
  /// How often it was handed over.
  private let count = Atomic(0)

  /// Plays on the side 0 or 1; gives the seconds that it took from one side to the other, nil if the other side is away.
  @discardableResult func play(_ side: Int) -> Double? {
    let (warmUp, rounds) = (200, 2000)
    var start = ContinuousClock.now
    for round in 0..<warmUp + rounds {
      if round == warmUp { start = .now }
      var waits = 0
      while count.load(ordering: .acquiring) != 2 * round + side {
        waits += 1
        if waits > 50_000_000 { return nil }
      }
      count.store(2 * round + side + 1, ordering: .releasing)
    }
    return start.secondsSince / Double(2 * rounds)
  }
}
