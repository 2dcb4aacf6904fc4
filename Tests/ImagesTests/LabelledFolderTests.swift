import Foundation
import Images
import Testing

@Suite("Labelled folders")
struct LabelledFolderTests {
  /// A folder of empty files, which is all that labels need.
  static func folder(_ names: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in names { try folder.write("", to: name) }
    return folder
  }

  static func reason(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch { return "\(error)" }
  }

  @Test("Classes are the folders in order of their names; pictures are found at any depth, as Keras orders them")
  func structure() throws {
    // image_dataset_from_directory(…, shuffle=False).file_paths of Keras 3.15.1 lists these files in this order.
    let expected = [
      "Zebra/1.png", "ant/b.PNG", "ant/z.jpeg", "ant/a/9.jpg", "ant/a/deep/1.JPG", "bee/é.jpg",
    ]
    let folder = try Self.folder(expected.reversed())
    let images = try LabelledImages(folder: folder.url.path)
    #expect(images.classNames == ["Zebra", "ant", "bee"])
    #expect(images.names == expected)
    #expect(images.labels == .classes([0, 1, 1, 1, 1, 2]))
    #expect(images.classCounts == [1, 4, 1])
    #expect(images.paths.allSatisfy { FileManager.default.fileExists(atPath: $0) })
    #expect(images.report.isEmpty)
  }

  @Test("Hidden and stray files are ignored and said")
  func report() throws {
    let folder = try Self.folder([
      "a/1.png", "b/1.jpg", "README.md", ".DS_Store", "a/.hidden.png", ".git/x.png", "b/notes.txt", "loose.png",
      "a/2.gif",
    ])
    let images = try LabelledImages(folder: folder.url.path)
    #expect(images.names == ["a/1.png", "b/1.jpg"])
    #expect(images.report.stray.count == 4)
    #expect(images.report.stray.firstNames.sorted() == ["README.md", "a/2.gif", "b/notes.txt", "loose.png"])
    #expect(images.report.hidden.count == 3)
    #expect("\(images.report)".contains("README.md"))
  }

  @Test("Links to folders below a class are not followed, so a loop ends")
  func links() throws {
    let folder = try Self.folder(["a/1.png", "b/1.png"])
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("a/loop"), withDestinationPath: folder.url.path)
    #expect(try LabelledImages(folder: folder.url.path).names == ["a/1.png", "b/1.png"])
  }

  @Test("A folder that is no set of classes is an error that says what to do")
  func errors() throws {
    func reason(_ names: [String], _ classNames: [String]? = nil, at path: String = "") throws -> String? {
      let folder = try Self.folder(names)
      return Self.reason {
        _ = try LabelledImages(folder: path.isEmpty ? folder.url.path : folder.path(path), classNames: classNames)
      }
    }
    #expect(try #require(try reason([], at: "nowhere")).contains("no such folder"))
    #expect(try #require(try reason(["x.csv"], at: "x.csv")).contains("a file where a folder"))
    #expect(try #require(try reason([])).contains("empty"))
    #expect(try #require(try reason(["1.png", "2.png"])).contains("2 pictures but no class folders"))
    #expect(try #require(try reason(["only/1.png"])).contains("only one class folder (only)"))
    let empty = try #require(try reason(["a/1.png", "b/x.gif"]))
    #expect(empty.contains("/b:") && empty.contains("x.gif"))
    #expect(try #require(try reason(["cats/1.png"], ["cat", "dog"])).contains("Did you mean \"cat\"?"))
  }

  @Test("With a model's classes, the folders take the model's indices, and not all need be there")
  func knownClasses() throws {
    let folder = try Self.folder(["dog/1.png"])
    let images = try LabelledImages(folder: folder.url.path, classNames: ["cat", "dog"])
    #expect(images.labels == .classes([1]))
    #expect(images.classNames == ["cat", "dog"])
  }

  @Test("Pictures without labels are found in a folder, or are the file itself")
  func unlabelled() throws {
    let folder = try Self.folder(["b/2.png", "1.jpg", "x.txt", ".h.png"])
    let found = try ImageFiles.find(at: folder.url.path)
    #expect(found.paths == [folder.path("1.jpg"), folder.path("b/2.png")])
    #expect(found.report.stray.count == 1 && found.report.hidden.count == 1)
    #expect(try ImageFiles.find(at: folder.path("x.txt")).paths == [folder.path("x.txt")])
    #expect(throws: DatasetError.self) { try ImageFiles.find(at: folder.path("none")) }
  }
}

@Suite("Stratified split")
struct SplitTests {
  static func images(_ counts: [(String, Int)]) throws -> LabelledImages {
    let folder = try LabelledFolderTests.folder(
      counts.flatMap { name, count in (0..<count).map { "\(name)/\($0).png" } })
    return try LabelledImages(folder: folder.url.path)
  }

  @Test("Both parts together are the whole, with the same share of every class", arguments: [0.1, 0.2, 0.5, 0.9])
  func partition(_ fraction: Double) throws {
    let images = try Self.images([("a", 40), ("b", 7), ("c", 2)])
    let (training, validation) = try images.split(validationFraction: fraction, seed: 3)
    #expect(Set(training.names).isDisjoint(with: validation.names))
    #expect((training.names + validation.names).sorted() == images.names.sorted())
    for (whole, part) in zip(images.classCounts, validation.classCounts) {
      #expect(abs(Double(part) - Double(whole) * fraction) <= 0.9 && part >= 1 && part < whole)
    }
  }

  @Test("Another order of the same files gives the same parts; another seed gives others")
  func orderIndependent() throws {
    let images = try Self.images([("a", 30), ("b", 30)])
    let shuffled = images.gathering(Array(images.names.indices.reversed()))
    let first = try images.split(validationFraction: 0.2, seed: 7).validation
    #expect(try Set(shuffled.split(validationFraction: 0.2, seed: 7).validation.names) == Set(first.names))
    #expect(try images.split(validationFraction: 0.2, seed: 8).validation.names != first.names)
  }

  @Test("A class of one picture goes to training")
  func single() throws {
    let images = try Self.images([("a", 1), ("b", 10)])
    let (training, validation) = try images.split(validationFraction: 0.5, seed: 1)
    #expect(training.classCounts == [1, 5] && validation.classCounts == [0, 5])
  }

  @Test("A share outside 0 and 1, or nothing to share, is an error")
  func errors() throws {
    let images = try Self.images([("a", 3), ("b", 3)])
    for fraction in [0, 1, -0.5, .nan] {
      #expect(throws: DatasetError.self) { try images.split(validationFraction: fraction, seed: 1) }
    }
    let lone = try Self.images([("a", 1), ("b", 1)])
    #expect(throws: DatasetError.self) { try lone.split(validationFraction: 0.5, seed: 1) }
  }
}
