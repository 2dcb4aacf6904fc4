import ArgumentParser
import FineTune
import Foundation
import TestSupport

/// Damages a file in many ways and loads each: a line for every case, so that whoever reads along knows where it ended.
struct RunCases: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "cases", abstract: "Damage a file and load it.")

  @Argument(help: "The whole file.")
  var file: String

  @Option(help: "The seed of the first case; the next ones follow.")
  var first: UInt64 = 0

  @Option(help: "How many cases.")
  var count: UInt64 = 100

  @Option(help: "Where to put the damaged file. It stays there, damaged as in the last case.")
  var copy: String

  @Option(help: "Where HDF5 is read: guarded, in-process, or guarded without the search for damage: library.")
  var reading = "guarded"

  func validate() throws {
    guard ["guarded", "in-process", "library"].contains(reading) else {
      throw ValidationError("--reading takes guarded, in-process or library.")
    }
  }

  func run() throws {
    switch reading {
    case "guarded": HDF5Reading.standard = .guarded()
    case "library":
      var limits = ReadingLimits()
      limits.checksStructure = false
      limits.seconds = 4
      HDF5Reading.standard = .guarded(limits)
    default: break
    }
    let whole = [UInt8](try Data(contentsOf: URL(filePath: file)))
    for seed in first..<first + count {
      say("case \(seed)")
      try Data(FileDamage.damaged(whole, seed: seed)).write(to: URL(filePath: copy))
      do {
        try load(copy)
        say("loaded \(seed)")
      } catch let error as any ReportedError {
        let words = "\(error)".replacing("\n", with: " ")
        say(error.category == .software ? "software \(seed) \(words)" : "refused \(seed) \(words)")
      }
    }
    say("peak \(peak(RUSAGE_SELF)) \(peak(RUSAGE_CHILDREN))")
  }

  private func load(_ path: String) throws {
    if ["png", "jpg"].contains(URL(filePath: file).pathExtension) {
      let picture = try ImageDecoder.decode(contentsOf: path)
      precondition(picture.pixels.count == 3 * picture.width * picture.height)
      return
    }
    let stored = try KerasFile(opening: path)
    if stored.content == .model {
      _ = try stored.savedModel()
    } else {
      for tensor in stored.layers.flatMap(\.tensors) { _ = try tensor.read() }
    }
  }

  /// At once: what is still in a buffer is lost in a crash.
  private func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }

  /// The most memory in bytes that this process, or one of its children, has had.
  private func peak(_ who: __rusage_who) -> Int {
    var usage = rusage()
    // The record is ours, and filled by the call.
    unsafe getrusage(__rusage_who_t(who.rawValue), &usage)
    return usage.ru_maxrss << 10
  }
}
