import ArgumentParser
import FineTune

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Write a model as another kind of Keras file.",
    discussion: """
      Reads any file of Keras and writes the kind that the name of the output says: .keras for Keras 3, .h5 for a whole \
      model that Keras 2 and Keras 3 load, .weights.h5 and .weights.json for weights alone.
      """)

  @OptionGroup var model: ModelOptions

  @Argument(help: "The file to write.", completion: .file(extensions: ["keras", "h5", "json"]))
  var output: String

  @Option(
    help: "The kind of file, whatever its name: \(KerasFileFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: KerasFileFormat?

  @Flag(help: "Write the weights alone, for a model that is built elsewhere.")
  var weightsOnly = false

  @Flag(help: "Leave the state of an optimizer out.")
  var dropOptimizer = false

  @Flag(help: "List which tensor went where.")
  var verbose = false

  @OptionGroup var running: RunningOptions

  func run() throws {
    let conversion = Conversion(format: format, weightsOnly: weightsOnly, dropsOptimizer: dropOptimizer)
    let report = try conversion.convert(model.reference, to: output)
    running.say(report.notes)
    if verbose, let assignment = report.assignment {
      Terminal.standardOutput.write(assignment.lines.joined(separator: "\n") + "\n")
    }
  }
}
