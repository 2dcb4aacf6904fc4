import Foundation
import TestSupport
import Testing

/// A part of what `tools/fuzz` does, in processes of their own, so that a crash is a failure and no end of all tests.
@Suite("A damaged file is loaded or refused")
struct DamagedFileTests {
  @Test("A hundred copies of a file of each kind, damaged at random")
  func everyFormat() throws {
    let folder = TemporaryFolder.path("seeds")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let seeds = try run(["seeds", folder])
    #expect(seeds.status == 0, "\(seeds.messages)")
    let names = seeds.output.split(separator: "\n").map(String.init)
    #expect(names.count >= 5)
    for name in names {
      let copy = folder + "/damaged-" + name
      let start = ContinuousClock.now
      let outcome = try run(["cases", folder + "/" + name, "--copy", copy, "--count", "100"])
      #expect(outcome.status == 0, "\(name): \(outcome.output.suffix(200)) \(outcome.messages)")
      let lines = outcome.output.split(separator: "\n")
      let refused = lines.count { $0.hasPrefix("refused ") }
      let loaded = lines.count { $0.hasPrefix("loaded ") }
      #expect(refused + loaded == 100 && refused > 10, "\(name): \(refused) refused, \(loaded) loaded")
      #expect(lines.allSatisfy { !$0.hasPrefix("refused ") || $0.contains(copy) }, "\(name): an error without its file")
      let peaks = lines.last?.split(separator: " ").compactMap { Int($0) } ?? []
      #expect(peaks.count == 2 && peaks.allSatisfy { $0 < 2 << 30 }, "\(name): \(lines.last ?? "")")
      #expect(ContinuousClock.now - start < .seconds(60))
    }
  }

  private func run(_ arguments: [String]) throws -> Finetune.Outcome {
    try Finetune.run(BuiltTool.url.deletingLastPathComponent().appending(path: "Fuzz"), arguments)
  }
}
