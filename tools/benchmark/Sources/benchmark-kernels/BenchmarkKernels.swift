import Kernels
import Tensors

/// Prints, for the convolutions that matter, the speed of forward, input gradient and kernel gradient beside the peak that
/// the processor reached in a plain loop of multiply-adds right before.
///
///     benchmark-kernels [--batch N] [--threads N] [--only TEXT] [--seconds S]
@main
struct BenchmarkKernels {
  static func main() {
    var options = ["--batch": "8", "--threads": "\(WorkerPool.processorCount)", "--only": "", "--seconds": "0.15"]
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
    print("\(device.kernels), \(device.threadCount) threads, batch \(batch); GFLOP/s (% of the peak)")
    print(columns("", ["peak", "forward", "d image", "d kernel"]))
    for layer in BenchmarkLayer.all where options["--only"] == "" || layer.name.contains(options["--only"] ?? "") {
      let peak = clock.peak(device)
      let times = layer.run(on: device, batch: batch, clock)
      let work = Double(2 * batch * layer.multiplyAdds) * 1e-9
      print(
        columns(layer.name, [format(peak)] + times.map { "\(format(work / $0)) (\(format(100 * work / $0 / peak)) %)" })
      )
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

  static func format(_ x: Double) -> String { "\(Int(x.rounded()))" }

  private static func pad(_ text: String, to width: Int, onLeft: Bool) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return onLeft ? space + text : text + space
  }
}
