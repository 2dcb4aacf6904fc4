import Images
import Testing

@Suite("Folds")
struct FoldTests {
  @Test(
    "Every picture is in one fold; no two folds differ by more than a picture, in size or in a class",
    arguments: [2, 3, 5, 7])
  func partition(_ count: Int) throws {
    let images = try SplitTests.images([("a", 40), ("b", 23), ("c", 7)])
    let folds = try images.folds(count, seed: 3)
    #expect(folds.count == count)
    #expect(folds.flatMap(\.validation.names).sorted() == images.names.sorted())
    for fold in folds {
      #expect((fold.training.names + fold.validation.names).sorted() == images.names.sorted())
      #expect(fold.validation.classNames == images.classNames)
    }
    let sizes = folds.map(\.validation.count)
    #expect(sizes.max()! - sizes.min()! <= 1)
    for label in images.classNames.indices {
      let sizes = folds.map { $0.validation.classCounts[label] }
      #expect(sizes.max()! - sizes.min()! <= 1)
    }
  }

  @Test("Another order of the same pictures gives the same folds; another seed gives others")
  func orderIndependent() throws {
    for images in [
      try SplitTests.images([("a", 30), ("b", 30)]), try Self.grouped([("a", 30), ("b", 30)], groups: 12),
      try Self.manyLabels(),
    ] {
      let folds = try images.foldIndices(5, seed: 7)
      let order = Array(images.names.indices.reversed())
      #expect(try images.gathering(order).foldIndices(5, seed: 7) == order.map { folds[$0] })
      #expect(try images.foldIndices(5, seed: 8) != folds)
    }
  }

  @Test("No group is in two folds, and every fold has its share of pictures and classes", arguments: [2, 4, 5])
  func groups(_ count: Int) throws {
    let images = try Self.grouped([("a", 200), ("b", 100)], groups: 60)
    let folds = try images.folds(count, seed: 1)
    #expect(folds.flatMap(\.validation.names).sorted() == images.names.sorted())
    for fold in folds {
      let (training, validation) = (Set(fold.training.groups ?? []), Set(fold.validation.groups ?? []))
      #expect(!validation.isEmpty && training.isDisjoint(with: validation))
      // Groups hold five pictures: a fold cannot always be closer to its share than one of them.
      #expect(abs(fold.validation.count - 300 / count) <= 5)
      for (whole, part) in zip(images.classCounts, fold.validation.classCounts) {
        #expect(abs(part - whole / count) <= 5)
      }
    }
  }

  @Test("With several labels a picture every label is spread evenly, the rare ones too")
  func labelSets() throws {
    let images = try Self.manyLabels()
    let folds = try images.folds(4, seed: 2)
    #expect(folds.flatMap(\.validation.names).sorted() == images.names.sorted())
    for (label, total) in images.classCounts.enumerated() {
      for fold in folds { #expect(abs(Double(fold.validation.classCounts[label]) - Double(total) / 4) <= 1.5) }
    }
  }

  @Test("Numbers are divided evenly; a file that is listed twice stays together")
  func numbers() throws {
    let rows = (0..<21).map { "\($0).png,\($0)" } + ["3.png,3"]
    let images = try LabelledTableTests.read((["file,count"] + rows).joined(separator: "\n"), .regression)
    let folds = try images.foldIndices(4, seed: 5)
    #expect(folds[3] == folds[21])
    let sizes = (0..<4).map { fold in folds.filter { $0 == fold }.count }
    #expect(sizes.max()! - sizes.min()! <= 1)
  }

  @Test("What cannot be divided is said, with the most folds that can be taken")
  func problems() throws {
    let images = try SplitTests.images([("a", 10), ("b", 4), ("c", 1)])
    #expect(images.foldsProblem(1)?.contains("2 folds at least") == true)
    #expect(images.foldsProblem(2)?.contains("\"c\" has only 1 pictures") == true)
    let two = images.gathering((0..<14).map { $0 })
    #expect(two.foldsProblem(4) == nil)
    #expect(two.foldsProblem(5)?.contains("\"b\" has only 4 pictures; take 4 folds at most") == true)
    #expect(throws: DatasetError.self) { try two.folds(5, seed: 1) }
    let grouped = try Self.grouped([("a", 30), ("b", 30)], groups: 3)
    #expect(grouped.foldsProblem(3) == nil)
    #expect(grouped.foldsProblem(4)?.contains("3 groups") == true)
  }

  /// Pictures that belong to groups in turn.
  static func grouped(_ counts: [(String, Int)], groups: Int) throws -> LabelledImages {
    let images = try SplitTests.images(counts)
    return images.grouped(images.names.indices.map { "patient\($0 % groups)" })
  }

  /// 80 pictures with labels as frequent as 1 in 2, 3, 5 and 11.
  static func manyLabels() throws -> LabelledImages {
    let rows = (0..<80).map { picture in
      let labels = [("half", 2), ("third", 3), ("fifth", 5), ("rare", 11)].filter { picture % $0.1 == 0 }
      return "\(picture).png,\(labels.map(\.0).joined(separator: ";"))"
    }
    return try LabelledTableTests.read((["file,shows"] + rows).joined(separator: "\n"), .multiLabel)
  }
}
