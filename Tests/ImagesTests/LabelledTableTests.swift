import Images
import Testing

@Suite("Labelled tables")
struct LabelledTableTests {
  @Test("Several labels a picture, none, unknown and repeated ones")
  func sets() throws {
    let images = try Self.read("file,shows\na.png,dog;cat\nb.png,\nc.png, cat ;bird\n", .multiLabel)
    #expect(images.classNames == ["bird", "cat", "dog"])
    #expect(images.labels == .sets([[1, 2], [], [0, 1]]))
    #expect(images.classCounts == [1, 2, 1])
    #expect(images.gathering([2]).labels == .sets([[0, 1]]))
    #expect(try Self.read("file,shows\na.png,cat\n", .multiLabel, classNames: ["dog", "cat"]).labels == .sets([[1]]))
    for text in ["file,shows\na.png,cat;cta\n", "file,shows\na.png,cat;cat\n"] {
      let error = #expect(throws: DatasetError.self) { try Self.read(text, .multiLabel, classNames: ["cat", "dog"]) }
      #expect(error?.description.contains("cat") == true)
    }
    #expect(throws: DatasetError.self) { try Self.read("file,shows\na.png,\n", .multiLabel) }
  }

  static func read(_ text: String, _ task: LabelledImages.TableTask, classNames: [String]? = nil) throws
    -> LabelledImages
  {
    let folder = try TemporaryFolder()
    try folder.write(text, to: "t.csv")
    return try LabelledImages(table: folder.path("t.csv"), task: task, classNames: classNames)
  }

  @Test("Numbers, with the target's name from the headings")
  func numbers() throws {
    let images = try Self.read("file,count,note\r\n001.png,135,x\r\nsub/2.png, -2.5e1 ,\"a, b\"\r\n", .regression)
    #expect(images.names == ["001.png", "sub/2.png"])
    #expect(images.labels == .values([135, -25]))
    #expect(images.target == "count" && images.classNames.isEmpty)
    #expect(images.paths[1].hasSuffix("/sub/2.png"))
  }

  @Test("Classes in the order of their names")
  func classes() throws {
    let images = try Self.read("file,kind\na.png,dog\nb.png,cat\nc.png,dog", .classification)
    #expect(images.classNames == ["cat", "dog"])
    #expect(images.labels == .classes([1, 0, 1]))
    #expect(
      try Self.read("file,kind\na.png,dog\n", .classification, classNames: ["x", "dog"]).labels == .classes([1]))
  }

  @Test("Quotes, doubled quotes, commas and line breaks inside quotes, a byte order mark, empty lines")
  func quoting() throws {
    let text = "\u{FEFF}file,\"the \"\"kind\"\"\"\n\n\"a,b.png\",\"two\nlines\"\n\n/c.png,x\n"
    let images = try Self.read(text, .classification)
    #expect(images.names == ["a,b.png", "/c.png"])
    #expect(images.classNames == ["two\nlines", "x"])
    #expect(images.target == "the \"kind\"")
    #expect(images.paths[1] == "/c.png")
  }

  @Test(
    "A malformed table is an error with its line",
    arguments: [
      ("", ": the table is empty"),
      ("file,count\n", "headings, but no pictures"),
      ("file\na.png\n", ":1: no second column"),
      ("file;count\na.png;3\n", "separate the columns by commas"),
      ("a.png,3\nb.png,4\n", ":1: headings were expected"),
      ("file,count\na.png,3\nb.png\n", ":3: 1 columns"),
      ("file,count\n\"a\nb.png\",3\nc.png,many\n", ":4: \"many\" is not a number"),
      ("file,count\na.png,nan\n", ":2: \"nan\" is not a number"),
      ("file,count\n,3\n", ":2: no file"),
      ("file,count\n\"a.png,3\n", ":2: a quote opens"),
      ("file,count\n\"a\".png,3\n", ":2: text after the closing quote"),
    ])
  func malformed(_ text: String, _ words: String) {
    #expect { try Self.read(text, .regression) } throws: { error in "\(error)".contains(words) }
  }

  @Test("One class, an unknown class and no class are errors")
  func classErrors() {
    #expect { try Self.read("f,k\na.png,x\nb.png,x\n", .classification) } throws: {
      "\($0)".contains("only one class (x)")
    }
    #expect { try Self.read("f,k\na.png,x\nb.png,\n", .classification) } throws: { "\($0)".contains(":3: no class") }
    #expect {
      try Self.read("f,k\na.png,cats\n", .classification, classNames: ["cat", "dog"])
    } throws: { "\($0)".contains(":2:") && "\($0)".contains("Did you mean \"cat\"?") }
  }

  @Test("The cell counts of the public set", .enabled(if: HostileFiles.isPresent, "set FINETUNE_DATA"))
  func cells() throws {
    let path = HostileFiles.path("../images/cells", "cells_counts.csv")
    let images = try LabelledImages(table: path, task: .regression)
    guard case .values(let counts) = images.labels else {
      Issue.record("no numbers")
      return
    }
    #expect(images.count == 200 && images.target == "count")
    #expect(counts.min() == 74 && counts.max() == 317)
  }
}
