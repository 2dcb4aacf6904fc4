import ArgumentParser
import FineTune
import Foundation

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Look at a folder of pictures, write a recipe for it, and say why it is as it is.",
    discussion: """
      IMAGES is a folder with a folder per class (or with train and validation folders of that kind), or a table of files and \
      labels. Of pictures only the headers are read. The recipe is checked before it is written.
      """)

  @Argument(
    help: "A folder of pictures, or a table.", completion: .file(extensions: ["csv", "tsv"]))
  var images: String

  @Option(
    help: "The recipe to write. Default: the folder's name with .json, here.", completion: .file(extensions: ["json"]))
  var output: String?

  @Option(
    help: "What matters most: quick (a new head), balanced (and the last blocks), accurate (everything in the end).")
  var goal = StartingRecipe.Goal.balanced

  @Option(help: "What a table holds, where it does not say: classification, multi_label or regression.")
  var task: DataRecipe.Task?

  @Option(help: "The backbone, such as MobileNetV2.", completion: .architectures)
  var architecture: String?

  @Option(help: "The width multiplier of a MobileNet.")
  var alpha: Float?

  @Option(help: "A file of pretrained weights.", completion: .file(extensions: ["h5", "hdf5", "keras"]))
  var weights: String?

  @Flag(help: "Write over a recipe that is there.")
  var force = false

  @OptionGroup var network: NetworkOptions

  func validate() throws {
    guard alpha == nil || architecture != nil || weights != nil else {
      throw ValidationError("--alpha goes with --architecture or --weights.")
    }
  }

  func run() throws {
    let file = output ?? Self.name(for: images) + ".json"
    try StartingRecipe.checkPlace(file, overwrites: force)
    var wishes = StartingRecipe.Wishes()
    wishes.goal = goal
    wishes.task = task
    wishes.architecture = architecture
    wishes.alpha = alpha
    wishes.weights = weights
    let start = try StartingRecipe(for: images, at: file, wishes: wishes)
    try start.write(to: file, overwrites: force)
    let page = Terminal.standardOutput
    for reason in start.reasons { page.write(page.fitted(reason) + "\n") }
    page.write("\n\(file): written. Next:\n  finetune plan \(file)\n  finetune \(file)\n")
  }

  /// The last part of a path without its ending: `photos` for `data/photos/`.
  private static func name(for path: String) -> String {
    let name = URL(fileURLWithPath: path).standardizedFileURL.deletingPathExtension().lastPathComponent
    return name.isEmpty || name == "/" ? "recipe" : name
  }
}
