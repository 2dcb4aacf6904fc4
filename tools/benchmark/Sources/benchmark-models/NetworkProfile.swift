import FineTune
import Foundation

/// What every step of a compiled network takes of one thread, the median of several runs, and the share of the peak loop it
/// reaches: where to look when a network misses its bar.
struct NetworkProfile {
  private let program: InferenceProgram
  private let pictures: Tensor
  private let device: Device

  init(folder: String, model name: String, batch: Int, on device: Device) throws {
    let model = try SavedModel.reading("\(folder)/\(name).h5").saved.model
    pictures = try Pictures(folder: folder, count: batch).tensor
    self.device = device
    program = try InferenceProgram(model, to: model.outputs, inputShapes: [pictures.shape.sample], on: device)
  }

  func show() {
    _ = program([pictures], on: device)
    let runs = (0..<9).map { _ in program.profile([pictures], on: device) }
    let peak = peak()
    let whole = runs.map { run in run.reduce(0) { $0 + $1.seconds } }.sorted()[4]
    print("\(device.kernels), \(device.precision), peak loop \(text(peak * 1e-9)) GFLOP/s a thread")
    print("       ms  share  of peak  group  step")
    for (index, step) in runs[0].enumerated() {
      let seconds = runs.map { $0[index].seconds }.sorted()[4]
      let reached = 2 * Double(step.multiplyAdds) / seconds / peak
      print(
        padded(text(seconds * 1e3, 3), 9), padded(text(100 * seconds / whole), 6), padded(text(100 * reached), 8),
        padded("\(step.group)", 6), "", step.name)
    }
    print("\(text(whole * 1e3, 2)) ms a batch of one thread's processor time")
    let times = (0..<9).map { _ in
      let start = ContinuousClock.now
      _ = program([pictures], on: device)
      return start.secondsSince
    }
    print("\(text(times.sorted()[4] * 1e3, 2)) ms a batch on \(device.threadCount) threads")
  }

  private func peak() -> Double {
    (0..<9).map { _ in
      let start = ContinuousClock.now
      let operations = device.kernels.runPeak(rounds: 60_000)
      return Double(operations) / start.secondsSince
    }.max() ?? .nan
  }

  private func text(_ x: Double, _ digits: Int = 1) -> String { String(format: "%.\(digits)f", x) }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
