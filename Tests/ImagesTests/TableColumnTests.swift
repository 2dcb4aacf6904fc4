import Images
import Testing

@Suite("Tables with named columns")
struct TableColumnTests {
  static let table = """
    id,picture,kind,importance,fold,patient
    1,a.png,cat,1,train,p1
    2,b.png,dog,0.5,TRAIN,p2
    3,c.png,cat,2,val,p3
    4,d.png,dog,0,valid,p4
    5,e.png,dog,3e0,Test,p5

    """

  static let columns = {
    var columns = TableColumns()
    (columns.file, columns.target, columns.weight) = ("picture", "kind", "importance")
    (columns.split, columns.group) = ("fold", "patient")
    return columns
  }()

  static func read(_ text: String, _ columns: TableColumns, name: String = "t.csv") throws -> LabelledImages {
    let folder = try TemporaryFolder()
    try folder.write(text, to: name)
    return try LabelledImages(table: folder.path(name), task: .classification, columns: columns)
  }

  @Test("Every column is found by its heading, with commas or with tabs", arguments: [false, true])
  func named(isTabbed: Bool) throws {
    let text = isTabbed ? Self.table.replacing(",", with: "\t") : Self.table
    let images = try Self.read(text, Self.columns, name: isTabbed ? "t.tsv" : "t.csv")
    #expect(images.names == ["a.png", "b.png", "c.png", "d.png", "e.png"])
    #expect(images.classNames == ["cat", "dog"] && images.labels == .classes([0, 1, 0, 1, 1]))
    #expect(images.target == "kind")
    #expect(images.weights == [1, 0.5, 2, 0, 3])
    #expect(images.groups == ["p1", "p2", "p3", "p4", "p5"])
    #expect(images.sets == [.training, .training, .validation, .validation, .test])
    #expect(images.part(.training).names == ["a.png", "b.png"] && images.part(.training).weights == [1, 0.5])
    #expect(images.part(.test).groups == ["p5"])
  }

  @Test("Columns that nobody named are ignored, whatever they are called")
  func unnamed() throws {
    let images = try Self.read("file,class,weight,split,group\na.png,x,2,test,g\nb.png,y,3,test,g\n", TableColumns())
    #expect(images.weights == nil && images.sets == nil && images.groups == nil)
  }

  @Test("A comma in the headings means commas, with tabs in the fields as they are")
  func commasFirst() throws {
    let images = try Self.read("file,class\na\tb.png,x\nc.png,y\n", TableColumns())
    #expect(images.names == ["a\tb.png", "c.png"])
  }

  @Test(
    "What is wrong is said with its line",
    arguments: [
      (
        "picture,kind,importance,fold,patients\na,x,1,train,p\n",
        ":1: no column \"patient\". Did you mean \"patients\"?"
      ),
      ("picture,kind,importance,fold,patient,kind\na,x,1,train,p,x\n", ":1: 2 columns are called \"kind\""),
      ("picture,kind,importance,fold,patient\na,x,1,train,p\nb,y,-1,train,q\n", ":3: \"-1\" is no weight"),
      ("picture,kind,importance,fold,patient\na,x,1,train,p\nb,y,nan,train,q\n", ":3: \"nan\" is no weight"),
      ("picture,kind,importance,fold,patient\na,x,1,train,p\nb,y,1,tran,q\n", ":3: \"tran\" is no set"),
      ("picture,kind,importance,fold,patient\na,x,1,train,p\nb,y,1,train,\n", ":3: no group"),
      ("picture,kind,importance,fold,patient\na,x,1,train,p\n,y,1,train,q\n", ":3: no file in the column \"picture\""),
    ])
  func malformed(_ text: String, _ words: String) {
    #expect { try Self.read(text, Self.columns) } throws: { "\($0)".contains(words) }
  }

  @Test("One column cannot be two things")
  func twice() {
    var columns = TableColumns()
    (columns.weight, columns.target) = ("n", "n")
    #expect { try Self.read("file,n\na,1\nb,2\n", columns) } throws: { "\($0)".contains("two things at once") }
  }
}
