import ArgumentParser
import FineTune
import Foundation

/// What it costs to read a file in a process of its own.
struct MeasureCost: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cost", abstract: "Read 100 MB here and in a process of its own, and print both times.")

  @Argument(help: "The folder for the files.")
  var folder: String

  func run() throws {
    try measure("100 tensors of 1 MB, as Keras writes them", DatasetStorage())
    var packed = DatasetStorage()
    packed.chunk = [128, 512]
    packed.gzipLevel = 1
    packed.shuffles = true
    try measure("the same in chunks, compressed", packed)
    // A copy of a process with threads would inherit their locks: there a program is started.
    Thread.detachNewThread { while true { sleep(60) } }
    Thread.sleep(forTimeInterval: 0.1)
    try measure("as Keras writes them, read by a program with threads", DatasetStorage())
  }

  private func measure(_ title: String, _ storage: DatasetStorage) throws {
    let path = folder + "/cost.h5"
    let file = try HDF5File(creating: path)
    let key = RandomKey(seed: 1)
    for index in 0..<100 {
      let layer = key.folding(UInt64(index))
      let values = (0..<512 * 512).map { Float(layer.folding(UInt64($0)).uniform()) - 0.5 }
      try file.root.writeDataset("model/layer_\(index)/kernel:0", floats: values, shape: [512, 512], storage: storage)
    }
    try file.close()
    // In turns, so that what else the machine does hits both.
    var times: [String: [Double]] = [:]
    for _ in 0..<9 {
      for (name, reading) in [("here", HDF5Reading.inProcess), ("guarded", .guarded())] {
        let start = ContinuousClock.now
        let model = try HDF5File(opening: path, reading: reading).root.group(at: "model")
        for child in try model.children() {
          _ = try model.dataset(at: child.name + "/kernel:0").readFloats()
        }
        times[name, default: []].append((ContinuousClock.now - start) / .seconds(1))
      }
    }
    let milliseconds = times.mapValues { Int(($0.sorted()[4] * 1000).rounded()) }
    print("\(title): here \(milliseconds["here"] ?? 0) ms, guarded \(milliseconds["guarded"] ?? 0) ms")
  }
}
