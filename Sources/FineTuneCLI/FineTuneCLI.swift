import ArgumentParser
import FineTune

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
      TrainCommand.self, PlanCommand.self, SummaryCommand.self, EvaluateCommand.self, PredictCommand.self,
      FeaturesCommand.self, MapsCommand.self, ConvertCommand.self,
    ],
    defaultSubcommand: TrainCommand.self)

  static func main() {
    do {
      var command = try parseAsRoot()
      do {
        try command.run()
      } catch let error where ExitStatus(for: error) != nil {
        // An error of ours has said everything; a usage text under it would bury it.
        Terminal.standardError.write("finetune: \(error)\n")
        exit(withError: ExitStatus(for: error)?.code ?? .failure)
      }
    } catch {
      exit(withError: error)
    }
  }
}
