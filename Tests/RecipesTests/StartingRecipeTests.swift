import Foundation
import Images
import JSON
import Recipes
import TestSupport
import Testing
import Training

@Suite("A first recipe for a folder")
struct StartingRecipeTests {
  /// The backbone that the repository carries.
  static let weights = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "pretrained/cifar10.h5").path

  /// A folder of so many grey squares for each class.
  static func folder(_ classes: [(name: String, count: Int)], in place: String? = nil) throws -> String {
    let folder = place ?? TemporaryFolder.path("pictures")
    for (name, count) in classes {
      try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
      for number in 0..<count { try picture(folder + "/\(name)/\(number).png", grey: UInt8(number % 200)) }
    }
    return folder
  }

  static func picture(_ path: String, grey: UInt8, mode: ColorMode = .rgb) throws {
    let pixels = [UInt8](repeating: grey, count: 24 * 20 * mode.channelCount)
    try ImageEncoder.writePNG(PixelImage(width: 24, height: 20, mode: mode, pixels: pixels), to: path)
  }

  static func start(
    _ pictures: String, goal: StartingRecipe.Goal = .balanced, task: DataRecipe.Task? = nil
  ) throws -> (start: StartingRecipe, plan: Plan) {
    var wishes = StartingRecipe.Wishes()
    wishes.goal = goal
    wishes.task = task
    wishes.weights = weights
    let file = TemporaryFolder.path("first.json")
    let start = try StartingRecipe(for: pictures, at: file, wishes: wishes)
    try start.write(to: file, overwrites: false)
    return (start, try Plan(Recipe(contentsOf: file)))
  }

  @Test("It passes the plan, whatever the goal", arguments: StartingRecipe.Goal.allCases)
  func passes(_ goal: StartingRecipe.Goal) throws {
    let (start, plan) = try Self.start(Self.folder([("cat", 12), ("dog", 15)]), goal: goal)
    #expect(plan.architecture == "CIFARResNet")
    #expect(plan.labels == ["cat", "dog"])
    #expect(plan.phases.count == [.quick: 1, .balanced: 2, .accurate: 3][goal])
    #expect(plan.training.count + (plan.validation?.count ?? 0) == 27)
    #expect(start.json["class_weight"] == nil)
    #expect(start.reasons[0] == "found: 27 pictures of 2 classes (cat, dog), 12 to 15 of each, 20×24 pixels")
    // Each phase frees more than the one before.
    let free = plan.phases.map(\.trainableParameterCount)
    #expect(free == free.sorted() && Set(free).count == free.count)
  }

  @Test("Classes of unlike size are weighted, and the reason names them")
  func unbalanced() throws {
    let (start, plan) = try Self.start(Self.folder([("many", 30), ("few", 10)]))
    #expect(start.json["class_weight"] == "balanced")
    #expect(plan.classWeights != nil)
    #expect(
      start.reasons.contains { $0.hasPrefix("class weights:") && $0.contains("many has 30") && $0.contains("few 10") })
  }

  @Test("Few pictures of a class are validated with in folds, and a model of all is trained")
  func folds() throws {
    let (few, plan) = try Self.start(Self.folder([("a", 29), ("b", 30)]))
    #expect(few.json["data"]?["folds"] == ["count": 5, "refit": true] && few.json["data"]?["validation"] == nil)
    #expect(plan.folds.count == 5 && plan.recipe.data.folds?.refits == true)
    #expect(few.reasons.contains { $0.hasPrefix("validation: 5 folds") && $0.contains("6 short trainings") })
    // Enough, or not even one of a class in each fold.
    for counts in [[("a", 30), ("b", 30)], [("a", 20), ("b", 4)]] {
      #expect(try Self.start(Self.folder(counts)).start.json["data"]?["validation"] == ["fraction": 0.2])
    }
    let root = TemporaryFolder.path("split")
    for part in ["train", "validation"] { _ = try Self.folder([("a", 9), ("b", 9)], in: root + "/" + part) }
    #expect(try Self.start(root).start.json["data"]?["folds"] == nil)
  }

  @Test("Folders of training, validation and test are taken as what they are called")
  func parts() throws {
    let root = TemporaryFolder.path("split")
    for (part, count) in [("train", 9), ("validation", 4), ("test", 3)] {
      _ = try Self.folder([("a", count), ("b", count)], in: root + "/" + part)
    }
    let (start, plan) = try Self.start(root)
    #expect(plan.training.count == 18 && plan.validation?.count == 8)
    #expect(start.reasons.contains { $0.contains("/test are left for finetune evaluate") })
  }

  @Test("Of a table, numbers are regression, few whole numbers are classes, and words with ; are labels")
  func tables() throws {
    let folder = TemporaryFolder.path("table")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for number in 0..<30 { try Self.picture("\(folder)/\(number).png", grey: UInt8(number * 8)) }
    func start(_ values: (Int) -> String, task: DataRecipe.Task? = nil) throws -> Plan {
      let rows = ["file,value"] + (0..<30).map { "\($0).png,\(values($0))" }
      try rows.joined(separator: "\n").write(toFile: folder + "/t.csv", atomically: true, encoding: .utf8)
      // The folder means its only table.
      return try Self.start(folder, task: task).plan
    }
    #expect(try start { "\($0).5" }.recipe.data.task == .regression)
    #expect(try start { "\($0 * 3)" }.recipe.data.task == .regression)
    #expect(try start { "\($0 % 2)" }.labels == ["0", "1"])
    #expect(try start({ "\($0 % 2)" }, task: .regression).recipe.data.task == .regression)
    #expect(try start { $0 % 3 == 0 ? "cat" : "dog" }.labels == ["cat", "dog"])
    let several = try start { $0 % 3 == 0 ? "cat;dog" : "dog" }
    #expect(several.recipe.data.task == .multiLabel && several.loss.isBinary)
  }

  @Test("A number to predict begins with its mean")
  func mean() throws {
    let folder = TemporaryFolder.path("table")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for number in 0..<20 { try Self.picture("\(folder)/\(number).png", grey: UInt8(number * 8)) }
    let rows = ["file,weight"] + (0..<20).map { "\($0).png,\(Double($0) + 0.25)" }
    try rows.joined(separator: "\n").write(toFile: folder + "/t.csv", atomically: true, encoding: .utf8)
    let (start, _) = try Self.start(folder + "/t.csv")
    let bias = start.json["model"]?["head"]?.arrayValue?.last?["bias_initializer"]?["config"]?["value"]?.doubleValue
    #expect(bias == 9.75)  // 0.25 + (0 + … + 19) / 20
    #expect(start.reasons[0].contains("20 pictures with weight from 0.25 to 19.25"))
    #expect(start.reasons.contains { $0.hasPrefix("validation: a fifth of the pictures; they are never") })
  }

  @Test("Grey and unreadable pictures are named")
  func oddities() throws {
    let folder = try Self.folder([("a", 8), ("b", 8)])
    for number in 0..<4 { try Self.picture("\(folder)/a/grey\(number).png", grey: 9, mode: .grayscale) }
    try Data("no picture".utf8).write(to: URL(fileURLWithPath: folder + "/b/broken.jpg"))
    let reasons = try Self.start(folder).start.reasons
    #expect(reasons.contains { $0.hasPrefix("colours: 4 of 21 pictures are grey") })
    #expect(reasons.contains { $0.hasPrefix("unreadable: 1,") && $0.contains("b/broken.jpg") })
    #expect(!reasons.contains { $0.contains("unreadable_limit") })
    for number in 0..<3 { try Data().write(to: URL(fileURLWithPath: folder + "/b/empty\(number).png")) }
    #expect(try Self.start(folder).start.reasons.contains { $0.contains("unreadable_limit") })
  }

  @Test("What cannot be taught is refused, with what to do")
  func refusals() throws {
    let empty = TemporaryFolder.path("empty")
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    let flat = try Self.folder([("", 3)])
    let cases: [(String, String)] = [
      (empty, "the folder is empty"), (flat, "3 pictures but no class folders"),
      (try Self.folder([("one", 3)]), "at least two"),
      ("/nowhere/pictures", "no such folder"),
    ]
    for (folder, words) in cases {
      let error = #expect(throws: DatasetError.self) { try Self.start(folder) }
      #expect(error?.description.contains(words) == true, "\(folder): \(String(describing: error))")
    }
  }

  @Test("A recipe that is there stays as it is, unless it is to be written over")
  func staysThere() throws {
    let folder = try Self.folder([("a", 6), ("b", 6)])
    let start = try Self.start(folder).start
    let file = TemporaryFolder.path("mine.json")
    try "mine".write(toFile: file, atomically: true, encoding: .utf8)
    let error = #expect(throws: RecipeError.self) { try start.write(to: file, overwrites: false) }
    #expect(error?.kind == .cannotCreate)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "mine")
    #expect(throws: RecipeError.self) { try StartingRecipe.checkPlace("/nowhere/mine.json", overwrites: true) }
    try start.write(to: file, overwrites: true)
    #expect(try JSONValue(parsing: String(contentsOfFile: file, encoding: .utf8)) == start.json)
  }

  @Test(
    "It finds its way in real pictures", .enabled(if: SharedData.url("images") != nil),
    arguments: [("images/trashnet", 6), ("images/flowers128", 5), ("images/cells", 0)])
  func realPictures(_ path: String, _ classCount: Int) throws {
    let folder = try #require(SharedData.url(path)).path
    let (_, plan) = try Self.start(folder)
    #expect(plan.labels.count == classCount)
    #expect((plan.recipe.data.task == .regression) == (classCount == 0))
  }
}
