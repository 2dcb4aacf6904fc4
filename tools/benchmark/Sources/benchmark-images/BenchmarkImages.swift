import Foundation
import Images
import Tensors

/// Reads, decodes and resizes the pictures below a folder again and again, and prints one line of JSON with the speed.
///
///     benchmark-images FOLDER [--size N] [--threads N] [--interpolation NAME] [--mode exact|scaled] [--limit N]
///         [--rounds N]
///
/// Pictures are read in batches of 32, Keras' default. The files are read once before, so that they come from the page cache.
/// Of the rounds, each over all pictures, the fastest and the median count: `images_per_second` by the clock on the wall,
/// `cpu_us_per_image` by the processor time of all threads, which other programs disturb little.
@main
struct BenchmarkImages {
  static func main() throws {
    var options = [
      "--size": "224", "--threads": "\(WorkerPool.processorCount)", "--interpolation": "bilinear", "--mode": "exact",
      "--limit": "1000000", "--rounds": "5",
    ]
    var folder: String?
    var arguments = CommandLine.arguments.dropFirst()
    while let name = arguments.popFirst() {
      if !name.hasPrefix("--"), folder == nil {
        folder = name
      } else if options[name] != nil, let value = arguments.popFirst() {
        options[name] = value
      } else {
        fail("unknown option \(name); there are a folder and \(options.keys.sorted().joined(separator: ", "))")
      }
    }
    func number(_ name: String) -> Int {
      guard let number = Int(options[name] ?? ""), number > 0 else { fail("\(name) takes a number from 1") }
      return number
    }
    guard let folder else { fail("say a folder of pictures") }
    guard let interpolation = Interpolation(rawValue: options["--interpolation"] ?? "") else {
      fail("--interpolation is one of \(Interpolation.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard let mode = Decoding(rawValue: options["--mode"] ?? "") else {
      fail("--mode is one of \(Decoding.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let size = number("--size")
    let paths = Array(try ImageFiles.find(at: folder).paths.prefix(number("--limit")))
    guard !paths.isEmpty else { fail("\(folder): no pictures") }

    var loader = ImageLoader(Resizing(Size(size, size), interpolation: interpolation))
    loader.decoding = mode
    let workers = WorkerPool(threadCount: number("--threads"))
    let memory = BufferPool()
    let chunks = stride(from: 0, to: paths.count, by: 32).map { Array(paths[$0..<min($0 + 32, paths.count)]) }
    var wall: [Double] = []
    var processor: [Double] = []
    for round in 0...number("--rounds") {
      let before = (now(CLOCK_MONOTONIC), now(CLOCK_PROCESS_CPUTIME_ID))
      for chunk in chunks {
        let batch = loader.load(chunk, in: memory) { workers.forEach($0, $1) }
        for error in batch.skipped where round == 0 { FileHandle.standardError.write(Data("\(error)\n".utf8)) }
      }
      if round == 0 { continue }  // files and caches warm up
      wall.append(now(CLOCK_MONOTONIC) - before.0)
      processor.append(now(CLOCK_PROCESS_CPUTIME_ID) - before.1)
    }
    wall.sort()
    processor.sort()
    let count = Double(paths.count)
    print(
      #"{"images": \#(paths.count), "size": \#(size), "interpolation": "\#(interpolation.rawValue)", "mode": "\#(mode.rawValue)", "#
        + #""threads": \#(workers.threadCount), "images_per_second": \#(rounded(count / wall[wall.count / 2])), "#
        + #""images_per_second_best": \#(rounded(count / wall[0])), "#
        + #""cpu_us_per_image": \#(rounded(processor[processor.count / 2] / count * 1e6)), "#
        + #""cpu_us_per_image_best": \#(rounded(processor[0] / count * 1e6))}"#)
  }

  private static func rounded(_ x: Double) -> Double { (x * 10).rounded() / 10 }

  private static func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    let status = unsafe clock_gettime(clock, &time)
    precondition(status == 0, "every system has these clocks")
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private static func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("benchmark-images: \(message)\n".utf8))
    exit(2)
  }
}
