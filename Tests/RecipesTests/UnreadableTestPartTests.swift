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
  private static let names = ["across/0.png", "down/0.png", "across/1.png", "down/1.png"]

  /// Pictures to train on, and four to test on, of which the first so many are damaged.
  private func parts(damaged count: Int) throws -> (training: StripedPictures, test: StripedPictures) {
    let parts = try (StripedPictures(perClass: 8), StripedPictures(perClass: 2))
    for name in Self.names.prefix(count) { try damage(parts.1.folder + "/" + name) }
    return parts
  }

  private func damage(_ path: String) throws { try Data("no picture".utf8).write(to: URL(fileURLWithPath: path)) }

  @Test("As many as the recipe allows are left out and named, once")
  func allowed() throws {
    let (pictures, other) = try parts(damaged: 2)
    // 2 of 20 pictures.
    let plan = try DataOptionsTests.plan(
      pictures, ["validation": ["fraction": 0.25], "test": .string(other.folder), "unreadable_limit": 0.1])
    let listener = Listener()
    let report = try Run(plan, on: Device(threads: 2))(observer: listener)
    #expect(report.skipped.map(\.path) == Self.names.prefix(2).map { other.folder + "/" + $0 })
    #expect(report.test?.samples == 2 && listener.events.first == "2 left out")
  }

  @Test(
    "More, or all of the test part, end a run, a sweep and a cross-validation before they train", arguments: [2, 4])
  func refused(_ count: Int) throws {
    let (pictures, other) = try parts(damaged: count)
    let data: JSONValue = ["test": .string(other.folder), "unreadable_limit": count == 4 ? 1 : 0.09]
    func expectRefusal(_ action: () throws -> Void) {
      let error = #expect(throws: RunError.self, performing: action)
      let words = count == 4 ? "not one of the pictures for testing" : "2 of 20 pictures cannot be read (10.0 %"
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
      #expect(error?.description.contains(other.folder + "/" + Self.names[0]) == true)
    }
    let listener = Listener()
    let plan = try DataOptionsTests.plan(pictures, data)
    expectRefusal { _ = try Run(plan, on: Device(threads: 2))(observer: listener) }
    #expect(listener.events.isEmpty)

    var folded = data.objectValue ?? [:]
    folded["folds"] = ["count": 2, "refit": true]
    let folds = try DataOptionsTests.plan(pictures, .object(folded))
    expectRefusal { _ = try Run(folds, on: Device(threads: 2))(observer: listener) }
    #expect(listener.events.isEmpty)

    var recipe = StripedSweep.recipe(pictures)
    var members = recipe["data"]?.objectValue ?? [:]
    members.merge(data.objectValue ?? [:]) { $1 }
    members["validation"] = ["fraction": 0.25]
    recipe["data"] = .object(members)
    let sweep = try StripedSweep.sweep(recipe, [StripedSweep.rate: [0.0001, 0.03]])
    let trials = TrialCounter()
    expectRefusal { _ = try sweep(on: Device(threads: 1), observer: trials) }
    #expect(trials.count == 0)
  }

  @Test("What was damaged while the model was trained does not cost the model")
  func later() throws {
    let (pictures, other) = try parts(damaged: 0)
    let plan = try DataOptionsTests.plan(pictures, ["validation": ["fraction": 0.25], "test": .string(other.folder)])
    let listener = Listener { for name in Self.names { try? self.damage(other.folder + "/" + name) } }
    let report = try Run(plan, on: Device(threads: 2))(observer: listener)
    #expect(report.skipped.count == 4 && report.test == nil)
    #expect(FileManager.default.fileExists(atPath: report.output + "/model.h5"))
    #expect(listener.events.contains { $0.contains("written untested") })
    let metrics = try JSONValue(parsing: String(contentsOfFile: report.output + "/metrics.json", encoding: .utf8))
    #expect(metrics["test_loss"] == nil && metrics["val_loss"] != nil)
  }
}

/// Hears what is left out, noted and trained; does something at the end of each epoch.
private final class Listener: RunObserver, Sendable {
  private let list = Mutex<[String]>([])
  private let atEpochEnd: @Sendable () -> Void

  init(atEpochEnd: @escaping @Sendable () -> Void = {}) { self.atEpochEnd = atEpochEnd }

  var events: [String] { list.withLock { $0 } }

  private func heard(_ event: String) { list.withLock { $0.append(event) } }

  func skipped(_ pictures: [ImageError]) { heard("\(pictures.count) left out") }
  func foldBegins(_ number: Int, of count: Int) { heard("fold \(number)") }
  func noted(_ message: String) { heard(message) }
  func epochEnded(_ record: EpochRecord) {
    heard("epoch \(record.epoch)")
    atEpochEnd()
  }
}
