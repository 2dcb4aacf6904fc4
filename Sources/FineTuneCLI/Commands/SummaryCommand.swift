import ArgumentParser
import FineTune

struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary", abstract: "Show a model's layers, output shapes, parameters and multiply-adds.",
    discussion:
      "MODEL is a file, or the name of an architecture: finetune summary EfficientNetB7. --list names them all.")

  @Argument(
    help: "A whole-model file, a file of weights with --architecture, or the name of an architecture.",
    completion: .file(extensions: ["h5", "hdf5", "keras"]))
  var model: String?

  @Flag(help: "List the architectures that can be named, and what one chooses by.")
  var list = false

  @Option(help: "The architecture that a file of weights belongs to.", completion: .architectures)
  var architecture: String?

  @Option(help: "The width multiplier of a MobileNet.")
  var alpha: Double?

  @Option(parsing: .upToNextOption, help: "Height and width of the input.")
  var inputSize: [Int] = []

  @Option(help: "The channels of the input, for an architecture.")
  var channels: Int?

  @Option(help: "The classes of an architecture's top.")
  var classes: Int?

  @Flag(help: "Leave out an architecture's top.")
  var noTop = false

  @Flag(help: "Show how each output size follows from its input, and what each layer sees of the picture.")
  var explain = false

  @Flag(help: "Print the summary as JSON.")
  var json = false

  @OptionGroup var running: RunningOptions

  func validate() throws {
    guard list == (model == nil) else {
      throw ValidationError(list ? "--list takes no model." : "Name a model file or an architecture, or say --list.")
    }
    guard inputSize.isEmpty || (inputSize.count == 2 && inputSize.allSatisfy { $0 > 0 }) else {
      throw ValidationError("--input-size takes a height and a width, such as --input-size 224 224.")
    }
    if let channels, !(1...1024).contains(channels) {
      throw ValidationError("--channels takes a number from 1 to 1024, not \(channels).")
    }
    if let classes, !(1...1_000_000).contains(classes) {
      throw ValidationError("--classes takes a number from 1 to 1000000, not \(classes).")
    }
  }

  func run() throws {
    let page = Terminal.standardOutput
    guard let model else {
      let list = try ArchitectureList()
      let text = ArchitectureText(list, width: page.width).lines.joined(separator: "\n")
      return page.write((json ? list.json.prettyText : text) + "\n")
    }
    var reference = try architecture == nil ? ModelReference.named(model) : ModelReference(path: model)
    let isByName = reference.architecture != nil
    reference.architecture = reference.architecture ?? architecture
    reference.alpha = alpha
    reference.channels = channels
    if inputSize.count == 2 { reference.inputSize = Size(inputSize[0], inputSize[1]) }
    if !isByName, noTop || classes != nil || channels != nil || (alpha != nil && architecture == nil) {
      throw ValidationError(
        "--alpha, --channels, --classes and --no-top go with the name of an architecture; \(model) is a file.")
    }
    let (summary, notes) = try reference.summary(includesTop: !noTop, classCount: classes)
    running.say(notes)
    page.write((json ? summary.json.prettyText : summary.text(width: page.width, isExplained: explain)) + "\n")
  }
}
