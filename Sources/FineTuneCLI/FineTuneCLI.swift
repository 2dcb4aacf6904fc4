import ArgumentParser
import FineTune
import Foundation

/// The tool `finetune`.
@main
struct FineTuneCLI: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finetune",
    abstract: "Take a pretrained CNN, teach it your images.",
    discussion: """
      finetune RECIPE.json trains what the recipe says and writes the model, its history and its metrics. \
      All other commands look at a model or use it. Messages go to standard error, results to standard output.
      """,
    version: FineTuneVersion.current,
    subcommands: [
      InitCommand.self, TrainCommand.self, PlanCommand.self, SummaryCommand.self, EvaluateCommand.self,
      PredictCommand.self, FeaturesCommand.self, MapsCommand.self, AugmentCommand.self, LRFindCommand.self,
      SweepCommand.self, ConvertCommand.self, InspectCommand.self, WeightsCommand.self, CacheCommand.self,
      SchemaCommand.self,
    ],
    defaultSubcommand: TrainCommand.self)

  static func main() {
    HDF5Reading.serveIfAsked()
    // Files come from anywhere. Whoever cannot start processes may choose to trust them.
    // (`ProcessInfo` would make a dictionary of the whole environment.)
    let unguarded = unsafe getenv("FINETUNE_UNGUARDED").map { unsafe String(cString: $0) }
    if unguarded != "1" { HDF5Reading.standard = .guarded() }
    // `predict model.h5 …`: the child that reads it starts now, while this process parses what it is to do with it.
    if CommandLine.arguments.count > 2, CommandLine.arguments[2].hasSuffix(".h5") {
      HDF5Reading.anticipate(CommandLine.arguments[2])
    }
    do {
      var command = try parseAsRoot()
      let progress = ProgressLine(isQuiet: CommandLine.arguments.contains("--quiet"))
      OfficialWeightsFetching.prepare {
        $0.progress = { file, received, total in
          let count = "\(received >> 20)" + (total.map { "/\($0 >> 20)" } ?? "") + " MiB"
          progress.show("fetching \(file)", fraction: total.map { Double(received) / Double(max(1, $0)) } ?? 0, count)
          if received == total { progress.clear() }
        }
      }
      do {
        try command.run()
      } catch let error where ExitStatus(for: error) != nil {
        // An error of ours has said everything; a usage text under it would bury it.
        Terminal.standardError.write("finetune: \(error)\n")
        // At once: libhdf5's exit handler crashes over a file that it could not close because the disk is full.
        _exit(ExitStatus(for: error)?.rawValue ?? 1)
      }
    } catch {
      exit(withError: error)
    }
  }
}
