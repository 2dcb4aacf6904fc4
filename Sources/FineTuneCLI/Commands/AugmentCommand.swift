import ArgumentParser
import FineTune

struct AugmentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "augment", abstract: "Draw what a recipe's augmentation makes of its pictures as one picture.",
    discussion: """
      A row for each of some pictures: first the picture, brought to the model's size, then what each epoch of the run will see of it, \
      to the pixel, before preprocessing. Where mini-batches are mixed a caption says what each mixture stands for.
      """)

  @Argument(help: "The recipe.", completion: .file(extensions: ["json"]))
  var recipe: String

  @Option(name: .customLong("set"), help: "Change the recipe: path=value, such as data.batch_size=8. May be repeated.")
  var settings: [String] = []

  @Option(help: "The PNG file to write.", completion: .file(extensions: ["png"]))
  var output: String

  @Option(help: "How many pictures to show, taken evenly from all for training.")
  var images = 6

  @Option(help: "How many epochs to show of each.")
  var views = 7

  @Flag(help: "Print what is shown as JSON.")
  var json = false

  @OptionGroup var running: RunningOptions

  func validate() throws {
    guard (1...100).contains(images) else { throw ValidationError("--images takes a number from 1 to 100.") }
    guard (1...50).contains(views) else { throw ValidationError("--views takes a number from 1 to 50.") }
    guard output.lowercased().hasSuffix(".png") else {
      throw ValidationError("--output takes a name that ends in .png, not \(output).")
    }
  }

  func run() throws {
    let plan = try Plan(Recipe(contentsOf: recipe, settings: settings))
    let sheet = try AugmentationSheet(plan, imageCount: images, viewCount: views, on: running.device)
    running.report(sheet.skipped)
    try ImageEncoder.writePNG(sheet.sheet, to: output)
    if json { Terminal.standardOutput.write(sheet.json.prettyText + "\n") }
    running.say([
      "\(output): \(sheet.rows.count) pictures and \(sheet.viewCount) epochs of each, "
        + "\(sheet.sheet.width)×\(sheet.sheet.height) pixels"
    ])
  }
}
