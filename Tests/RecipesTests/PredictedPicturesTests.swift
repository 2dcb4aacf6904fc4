import Foundation
import Images
import Kernels
import Recipes
import TestSupport
import Testing

@Suite("What a model says of pictures")
struct PredictedPicturesTests {
  @Test("Of a picture alone, which is read while the program is made, it says what it says of it among others")
  func alone() throws {
    let pictures = try StripedPictures(perClass: 20)
    let report = try pictures.run(RunTests.layers, epochs: 1)
    let model = try ModelReference(path: report.output + "/model.h5").load()
    func answers(_ paths: [String], threads: Int) throws -> [String] {
      try Prediction(model, of: paths, topCount: 2, on: Device(threads: threads)).pictures.map {
        "\($0.file) \($0.classes.map { "\($0.label) \($0.value)" })"
      }
    }
    // More than are in memory at once.
    let all = try answers([pictures.folder], threads: 2)
    #expect(all.count == 40)
    for name in ["across/7", "down/19"] {
      let path = "\(pictures.folder)/\(name).png"
      for threads in [1, 2] {
        let found = try answers([path], threads: threads)
        #expect(found.count == 1 && all.contains(found[0]), "\(found)")
      }
    }
  }

  @Test("One that cannot be read is left out, alone as among others, and none at all is no mistake")
  func unreadable() throws {
    let pictures = try StripedPictures(perClass: 2)
    let report = try pictures.run(RunTests.layers, epochs: 1)
    let model = try ModelReference(path: report.output + "/model.h5").load()
    let folder = TemporaryFolder.path("unreadable")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data("no picture".utf8).write(to: URL(fileURLWithPath: folder + "/a.png"))
    let alone = try Prediction(model, of: [folder + "/a.png"], topCount: 1, on: Device(threads: 2))
    #expect(alone.pictures.isEmpty && alone.skipped.count == 1)
    let among = try Prediction(model, of: [folder, pictures.folder], topCount: 1, on: Device(threads: 2))
    #expect(among.pictures.count == 4 && among.skipped.map(\.description) == alone.skipped.map(\.description))
    #expect(try Prediction(model, of: [], topCount: 1, on: Device(threads: 2)).pictures.isEmpty)
  }
}
