import ArgumentParser
import FineTune

struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary", abstract: "Show a model's layers, output shapes, parameters and multiply-adds.")

  @OptionGroup var model: ModelOptions

  @Flag(help: "Show how each output size follows from its input, and what each layer sees of the picture.")
  var explain = false

  @Flag(help: "Print the summary as JSON.")
  var json = false

  @OptionGroup var running: RunningOptions

  func run() throws {
    let (summary, notes) = try model.reference.summary()
    running.say(notes)
    Terminal.standardOutput.write((json ? summary.json.prettyText : summary.text(isExplained: explain)) + "\n")
  }
}
