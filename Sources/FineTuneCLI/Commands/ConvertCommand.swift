import ArgumentParser
import FineTune

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Write a model as another kind of Keras file.",
    discussion:
      "Reads any supported file and writes HDF5 that Keras 2 and Keras 3 load: a whole model, or weights only.")

  @OptionGroup var model: ModelOptions

  @Argument(help: "The file to write.", completion: .file(extensions: ["h5"]))
  var output: String

  @Flag(help: "Write the weights alone, for a model that is built elsewhere.")
  var weightsOnly = false

  @OptionGroup var running: RunningOptions

  func run() throws {
    let notes = try Conversion.convert(model.reference, to: output, weightsOnly: weightsOnly)
    running.say(notes + ["\(output): written"])
  }
}
