import Foundation
import Images
import JSON
import Kernels
import Recipes
import Synchronization
import TestSupport
import Testing
import Training

@Suite("Test pictures that cannot be read")
struct UnreadableTestPartTests {
  @Test(
    "Some are left out and named; if all are damaged, the trained model is written all the same", arguments: [2, 4])
  func damaged(_ count: Int) throws {
    let pictures = try StripedPictures(perClass: 8)
    let other = try StripedPictures(perClass: 2)
    let names = ["across/0.png", "down/0.png", "across/1.png", "down/1.png"]
    for name in names.prefix(count) {
      try Data("no picture".utf8).write(to: URL(fileURLWithPath: "\(other.folder)/\(name)"))
    }
    let plan = try DataOptionsTests.plan(
      pictures, ["validation": ["fraction": 0.25], "test": .string(other.folder)])
    let listener = Listener()
    let report = try Run(plan, on: Device(threads: 2))(observer: listener)
    #expect(report.skipped.count == count && report.test?.samples == (count == 4 ? nil : 2))
    #expect(FileManager.default.fileExists(atPath: report.output + "/model.h5"))
    #expect(listener.notes.contains { $0.contains("written untested") } == (count == 4))
    let metrics = try JSONValue(parsing: String(contentsOfFile: report.output + "/metrics.json", encoding: .utf8))
    #expect((metrics["test_loss"] == nil) == (count == 4) && metrics["val_loss"] != nil)
  }
}

private final class Listener: RunObserver {
  private let list = Mutex<[String]>([])

  var notes: [String] { list.withLock { $0 } }

  func noted(_ message: String) { list.withLock { $0.append(message) } }
}
