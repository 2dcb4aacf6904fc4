import ArgumentParser
import FineTune
import Foundation

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Try settings of a recipe, rank them, and keep the best model.",
    discussion: """
      Takes a sweep (a JSON file with a recipe and what to try), or a recipe and --over. All combinations are checked before \
      anything is trained. Frozen layers are computed once for all trials. Prints the ranked table; the output folder gets \
      sweep.csv, sweep.json, and the winner's recipe.json and model.h5.
      """)

  @Argument(help: "The sweep, or a recipe.", completion: .file(extensions: ["json"]))
  var file: String

  @Option(help: "Try these values of a setting: phases.0.optimizer.learning_rate=0.1,0.01. May be repeated.")
  var over: [String] = []

  @Option(name: .customLong("set"), help: "Change the recipe: path=value, such as phases.0.epochs=2. May be repeated.")
  var settings: [String] = []

  @Option(help: "How to search: \(SweepRecipe.Method.allCases.map(\.rawValue).joined(separator: ", ")).")
  var method: SweepRecipe.Method?

  @Option(help: "How many combinations to try, where not all of a grid are meant.")
  var trials: Int?

  @Option(help: "What trials are ranked by, such as val_loss. Default: the first metric on the validation pictures.")
  var monitor: String?

  @Option(help: "The folder to write to. Default: the recipe's, with -sweep behind it.", completion: .directory)
  var output: String?

  @Flag(help: "Leave out the trials that an earlier run of the sweep has finished.")
  var resume = false

  @Flag(help: "Check and list the trials, and train nothing.")
  var dryRun = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  @Flag(help: "Neither read nor write features of the frozen part on disk.")
  var noCache = false

  @OptionGroup var running: RunningOptions

  func validate() throws {
    if let trials, trials < 1 { throw ValidationError("--trials takes a number from 1, not \(trials).") }
  }

  func run() throws {
    var changes: OrderedDictionary<String, JSONValue> = [:]
    if let method { changes["method"] = .string(method.rawValue) }
    if let trials { changes["trials"] = .integer(trials) }
    if let monitor { changes["monitor"] = .string(monitor) }
    if let output { changes["output"] = .string(URL(fileURLWithPath: output).path) }
    let sweep = try Sweep(SweepRecipe(contentsOf: file, settings: settings, over: over, changes: changes))
    if dryRun {
      Terminal.standardOutput.write(SweepText(sweep).lines.map { $0 + "\n" }.joined())
      return
    }
    let progress = ProgressLine(isQuiet: running.quiet)
    for trial in sweep.trials {
      guard let refusal = trial.refusal else { continue }
      progress.say("trial \(trial.number) cannot be run: \(refusal)")
    }
    let interrupt = Interrupt {
      progress.say(
        "stopping after the batches that are under way; the table has what is finished (Ctrl-C again: at once)")
    }
    let report = try sweep(
      on: running.device, resumes: resume, usesCache: !noCache, observer: SweepRenderer(progress),
      shouldStop: { interrupt.isRequested })
    progress.clear()
    if json {
      Terminal.standardOutput.write(report.json.prettyText + "\n")
    } else {
      Terminal.standardOutput.write(SweepText(report).lines.map { $0 + "\n" }.joined())
    }
    running.say(SweepText.closing(report))
    if report.isStopped { throw ExitCode(130) }
    if report.best == nil { throw ExitStatus.badData.code }
  }
}
