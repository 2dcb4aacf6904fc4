import ArgumentParser
import FineTune

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Check a recipe and everything it names, and show what would be trained. Trains nothing.")

  @Argument(help: "The recipe.", completion: .file(extensions: ["json"]))
  var recipe: String

  @Option(name: .customLong("set"), help: "Change the recipe: path=value, such as phases.0.epochs=2. May be repeated.")
  var settings: [String] = []

  @Flag(help: "Print the plan as JSON.")
  var json = false

  @Flag(help: "Leave features of the frozen part on disk out of account.")
  var noCache = false

  @OptionGroup var running: RunningOptions

  func run() throws {
    let plan = try Plan(Recipe(contentsOf: recipe, settings: settings))
    let device = running.device
    let estimate = try PlanEstimate(plan, on: device, usesCache: !noCache)
    if let warning = plan.preprocessingWarning(on: device) { running.say(["warning: \(warning)"]) }
    if json {
      Terminal.standardOutput.write(plan.json(estimate).prettyText + "\n")
    } else {
      let precision = PlanText.lines(training: plan.recipe.trainingPrecision, on: device.kernels)
      Terminal.standardOutput.write(
        (PlanText(plan).lines + precision + PlanText.lines(estimate)).map { $0 + "\n" }.joined())
    }
  }
}
