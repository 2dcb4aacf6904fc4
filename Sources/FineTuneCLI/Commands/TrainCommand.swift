import ArgumentParser
import FineTune

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train what a recipe says; `finetune RECIPE.json` is short for it.")

  @Argument(help: "The recipe.", completion: .file(extensions: ["json"]))
  var recipe: String

  @Option(name: .customLong("set"), help: "Change the recipe: path=value, such as phases.0.epochs=2. May be repeated.")
  var settings: [String] = []

  @Option(help: "The folder to write to, instead of the recipe's.", completion: .directory)
  var output: String?

  @Flag(help: "Go on from where an earlier run of the recipe was ended, to the same bits.")
  var resume = false

  @Flag(help: "Print the metrics as JSON to standard output.")
  var json = false

  @Flag(help: "Neither read nor write features of the frozen part on disk.")
  var noCache = false

  @OptionGroup var running: RunningOptions

  func run() throws {
    let plan = try Plan(Recipe(contentsOf: recipe, settings: settings))
    let progress = ProgressLine(isQuiet: running.quiet)
    let renderer = RunRenderer(progress)
    running.say(PlanText(plan).lines)
    let interrupt = Interrupt {
      progress.say("stopping after this batch; what is best so far will be written (Ctrl-C again: at once)")
    }
    let device = running.device
    if let note = device.kernels.note(on: plan.recipe.precision) { running.say([note]) }
    running.say(PlanText.lines(training: plan.recipe.trainingPrecision, on: device.kernels))
    let run = Run(plan, on: device, output: output, resumes: resume, usesCache: !noCache)
    let report = try run(observer: renderer, shouldStop: { interrupt.isRequested })
    progress.clear()
    running.say(ReportText(report).lines)
    if json { Terminal.standardOutput.write(report.json.prettyText + "\n") }
    if report.isCancelled { throw ExitCode(130) }
  }
}
