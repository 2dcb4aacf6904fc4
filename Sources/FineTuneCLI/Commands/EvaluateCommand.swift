import ArgumentParser
import FineTune

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure a model on a labelled folder or table.")

  @OptionGroup var model: ModelOptions

  @Argument(
    help: "A folder with a folder per class, or a table of files and labels.",
    completion: .file(extensions: ["csv", "tsv"]))
  var images: String

  @OptionGroup var columns: ColumnOptions

  @Option(help: "classification or regression, where the data do not say.")
  var task: DataRecipe.Task?

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup var views: ViewOptions

  @OptionGroup var precision: PrecisionOptions

  @OptionGroup var running: RunningOptions

  func run() throws {
    let loaded = try model.loaded(running)
    let progress = ProgressLine(isQuiet: running.quiet)
    let evaluation = try PictureEvaluation(
      loaded, on: images, task: task, columns: columns.columns, viewCount: views.count,
      device: precision.device(running)
    ) { done, count, speed in
      progress.show(
        "evaluating", fraction: Double(done) / Double(max(1, count)), "\(done)/\(count)  \(Int(speed)) images/s")
    }
    progress.clear()
    running.report(evaluation.skipped)
    if json {
      Terminal.standardOutput.write(evaluation.json.prettyText + "\n")
      return
    }
    Terminal.standardOutput.write(EvaluationText(evaluation).lines.map { $0 + "\n" }.joined())
  }
}
