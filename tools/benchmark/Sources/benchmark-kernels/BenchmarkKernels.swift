import Kernels
import Tensors

/// Prints, for the convolutions that matter, the speed of forward, input gradient and kernel gradient beside the peak that
/// the processor reached in a plain loop of multiply-adds right before.
///
///     benchmark-kernels [--batch N] [--threads N] [--only TEXT] [--seconds S] [--precision bfloat16]
///
/// With `--precision bfloat16` the speed of products of bfloat16 numbers beside that of floats.
@main
struct BenchmarkKernels {
  static func main() {
    var options = [
      "--batch": "8", "--threads": "\(WorkerPool.processorCount)", "--only": "", "--seconds": "0.15",
      "--precision": "float32",
    ]
    var arguments = CommandLine.arguments.dropFirst()
    while let name = arguments.popFirst() {
      guard options[name] != nil, let value = arguments.popFirst() else {
        print("unknown option \(name); there are \(options.keys.sorted().joined(separator: ", "))")
        return
      }
      options[name] = value
    }
    let batch = Int(options["--batch"] ?? "") ?? 8
    let device = Device(threads: Int(options["--threads"] ?? "") ?? 1)
    let clock = Stopwatch(
      seconds: Double(options["--seconds"] ?? "") ?? 0.15, threads: device.threadCount)
    if options["--precision"] == "bfloat16" {
      return BenchmarkBFloat16.run(on: device, batch: batch, only: options["--only"] ?? "", clock)
    }
    let (clockRate, best) = clock.clockAndPeak(device)
    // Two units a core, or one that is counted as such: the next whole number.
    let perCycle = best / clockRate / Double(2 * device.kernels.lanes)
    print(
      "clock \(twoDigits(clockRate)) GHz; the peak loop at its best: \(format(best)) GFLOP/s, \(twoDigits(perCycle)) "
        + "multiply-adds of \(device.kernels.lanes) floats a cycle, "
        + "\(format(100 * perCycle / (perCycle - 0.1).rounded(.up))) % of what the clock allows")
    print("\(device.kernels), \(device.threadCount) threads, batch \(batch); GFLOP/s (% of the peak loop beside it)")
    print(columns("", ["peak", "forward", "d image", "d kernel"]))
    var counted: [[Double]] = []
    for layer in BenchmarkLayer.all where options["--only"] == "" || layer.name.contains(options["--only"] ?? "") {
      let results = layer.run(on: device, batch: batch, clock)
      let work = Double(2 * batch * layer.multiplyAdds) * 1e-9
      let shares = results.map { 100 * work / $0.seconds / $0.peak }
      if layer.isCounted { counted.append(shares) }
      print(
        columns(
          layer.name,
          [format(results[0].peak)] + zip(results, shares).map { "\(format(work / $0.seconds)) (\(format($1)) %)" }))
    }
    if counted.count > 1 {
      let medians = (0..<3).map { column in
        let shares = counted.map { $0[column] }.sorted()
        return "\(format((shares[(shares.count - 1) / 2] + shares[shares.count / 2]) / 2)) %"
      }
      print(columns("median of ResNet50's \(counted.count)", [""] + medians))
    }
    print(columns("GB/s", BenchmarkOperation.shapes.map(\.description)))
    for operation in BenchmarkOperation.all
    where options["--only"] == "" || operation.name.contains(options["--only"] ?? "") {
      print(columns(operation.name, operation.speeds(on: device, clock).map(format)))
    }
  }

  static func columns(_ name: String, _ cells: [String]) -> String {
    ([pad(name, to: 28, onLeft: false)] + cells.map { pad($0, to: 18, onLeft: true) }).joined()
  }

  static func twoDigits(_ x: Double) -> String {
    let hundredths = Int((100 * x).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }

  static func format(_ x: Double) -> String { "\(Int(x.rounded()))" }

  private static func pad(_ text: String, to width: Int, onLeft: Bool) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return onLeft ? space + text : text + space
  }
}
