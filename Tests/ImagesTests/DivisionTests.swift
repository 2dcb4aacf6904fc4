import Foundation
import Images
import Testing

@Suite("Sets, groups and limits")
struct DivisionTests {
  @Test("Three parts are the whole; a test part takes nothing from validation")
  func three() throws {
    let images = try SplitTests.images([("a", 100), ("b", 40), ("c", 3), ("d", 1)])
    let parts = try images.split(validation: 0.2, test: 0.1, seed: 4)
    let names = parts.training.names + parts.validation.names + parts.test.names
    #expect(names.sorted() == images.names.sorted())
    #expect(parts.validation.classCounts == [20, 8, 1, 0] && parts.test.classCounts == [10, 4, 1, 0])
    let two = try images.split(validationFraction: 0.2, seed: 4)
    #expect(two.validation.names == parts.validation.names)
    let tested = try images.split(validation: 0, test: 0.5, seed: 4)
    #expect(tested.validation.count == 0 && tested.test.classCounts == [50, 20, 2, 0])
    #expect(throws: DatasetError.self) { try images.split(validation: 0.6, test: 0.4, seed: 4) }
    #expect(throws: DatasetError.self) { try images.gathering([0, 100]).split(validation: 0.2, test: 0.2, seed: 4) }
  }

  @Test("Groups stay whole and shares come out as near as groups allow", arguments: [1, 2, 3, 4])
  func grouped(_ seed: UInt64) throws {
    let images = try FoldTests.grouped([("a", 200), ("b", 100)], groups: 60)
    let parts = try images.split(validation: 0.2, test: 0.1, seed: seed)
    let sets = [parts.training, parts.validation, parts.test].map { Set($0.groups ?? []) }
    #expect(sets.map(\.count).reduce(0, +) == 60 && Set(sets.joined()).count == 60)
    #expect(abs(parts.validation.count - 60) <= 5 && abs(parts.test.count - 30) <= 5)
    for (part, share) in [(parts.validation, 0.2), (parts.test, 0.1)] {
      for (whole, count) in zip(images.classCounts, part.classCounts) {
        #expect(abs(Double(count) - share * Double(whole)) <= 5)
      }
    }
    let reversed = images.gathering(images.names.indices.reversed())
    #expect(try Set(reversed.split(validation: 0.2, test: 0.1, seed: seed).test.names) == Set(parts.test.names))
  }

  @Test("One group cannot be shared out")
  func oneGroup() throws {
    let images = try SplitTests.images([("a", 5), ("b", 5)])
    let whole = images.grouped(images.names.map { _ in "all" })
    #expect { try whole.split(validation: 0.2, test: 0, seed: 1) } throws: { "\($0)".contains("groups of pictures") }
  }

  @Test("A pattern's first parenthesis is the group, or all that it matches")
  func patterns() throws {
    let folder = try LabelledFolderTests.folder(["a/p1_x.png", "a/p2_x.png", "b/p1_y.png", "b/p10_y.png"])
    let images = try LabelledImages(folder: folder.url.path)
    #expect(try images.grouped(by: #"(?:^|/)(p\d+)_"#).groups == ["p1", "p2", "p10", "p1"])
    #expect(try images.grouped(by: #"p\d"#).groups == ["p1", "p2", "p1", "p1"])
    #expect { try images.grouped(by: "(p1)_") } throws: {
      "\($0)".contains("matches nothing in 2 of 4 names (a/p2_x.png")
    }
    #expect { try images.grouped(by: "(p1") } throws: { "\($0)".contains("no regular expression") }
  }

  @Test("A class' folder is no part of a name: a pattern from the beginning divides no patient, in a table neither")
  func patternsAcrossClasses() throws {
    let names = ["ill/p1_a.png", "ill/p2_a.png", "well/p1_b.png", "well/p2_b.png"]
    let folder = try LabelledFolderTests.folder(names + ["ill/ill/p3.png"])
    let images = try LabelledImages(folder: folder.url.path)
    #expect(images.names == [names[0], names[1], "ill/ill/p3.png", names[2], names[3]])
    for pattern in ["^[^_.]+", "^(.+?)[_.]", "^([^_.]+)"] {
      #expect(try images.grouped(by: pattern).groups == ["p1", "p2", "ill/p3", "p1", "p2"], "\(pattern)")
    }
    let table = folder.url.path + "/t.csv"
    // A folder that is not called like the class stays: it may be the patient's.
    let rows = ["file,class"] + names.map { "\($0),\($0.prefix { $0 != "/" })" } + ["ill/ill/p3.png,well"]
    try rows.joined(separator: "\n").write(toFile: table, atomically: true, encoding: .utf8)
    let listed = try LabelledImages(table: table, task: .classification)
    #expect(try listed.grouped(by: "^([^_.]+)").groups == ["p1", "p2", "p1", "p2", "ill/ill/p3"])
  }

  @Test("A limit keeps the shares of the classes, and lower limits are parts of higher ones")
  func limits() throws {
    let images = try SplitTests.images([("a", 60), ("b", 30), ("c", 9), ("d", 1)])
    let few = images.limited(to: .total(20), seed: 1)
    #expect(few.count == 20 && few.classCounts == [12, 6, 1, 1])
    let more = images.limited(to: .total(50), seed: 1)
    #expect(more.count == 50 && Set(more.names).isSuperset(of: few.names))
    #expect(images.limited(to: .total(4), seed: 1).classCounts == [1, 1, 1, 1])
    #expect(images.limited(to: .total(100), seed: 1) == images)
    #expect(images.limited(to: .perClass(10), seed: 1).classCounts == [10, 10, 9, 1])
    #expect(images.limited(to: .perClass(10), seed: 2) != images.limited(to: .perClass(10), seed: 1))
    // Many small classes beside a large one.
    let many = try SplitTests.images([("large", 100)] + (0..<20).map { ("small\($0)", 1) })
    let some = many.limited(to: .total(30), seed: 1)
    #expect(some.count == 30 && some.classCounts.min() == 1)
  }
}
