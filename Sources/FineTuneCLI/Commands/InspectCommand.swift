import ArgumentParser
import FineTune

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what is in a file: format, versions, layers, tensors, optimizer, labels.",
    discussion: "Builds nothing and runs nothing, so it opens files, too, that cannot be loaded as a model.")

  @Argument(help: "A file of Keras, or another one of HDF5 or zip.", completion: .file())
  var file: String

  @Flag(help: "Print it as JSON.")
  var json = false

  func run() throws {
    let inspection = try Inspection(of: file)
    Terminal.standardOutput.write(json ? inspection.json.prettyText + "\n" : inspection.text)
  }
}
