import ArgumentParser
import FineTune

struct FeaturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features",
    abstract: "Write what layers put out for all pictures of a folder or table to an HDF5 file.")

  @OptionGroup var model: ModelOptions

  @Argument(
    help:
      "A folder of pictures, or a table of files and classes; with a folder per class or a table, the labels are written too.",
    completion: .file(extensions: ["csv", "tsv"]))
  var images: String

  @OptionGroup var columns: ColumnOptions

  @Option(name: [.customLong("layer")], help: "A layer. May be repeated.")
  var layers: [String]

  @Option(help: "The file to write.", completion: .file(extensions: ["h5"]))
  var output: String

  @Option(help: "What to do with height and width: none, average, max.")
  var pool = FeatureExport.Pooling.none

  @OptionGroup var precision: PrecisionOptions

  @OptionGroup var running: RunningOptions

  func run() throws {
    let loaded = try model.loaded(running)
    let progress = ProgressLine(isQuiet: running.quiet)
    let export = try FeatureExport(
      loaded, of: images, columns: columns.columns, layers: layers, pooling: pool, to: output,
      on: precision.device(running)
    ) { done, count in
      progress.show("extracting", fraction: Double(done) / Double(max(1, count)), "\(done)/\(count)")
    }
    progress.clear()
    running.report(export.skipped)
    running.say(["\(output): \(export.imageCount) images"] + export.datasets.map { "  \($0.name) \($0.shape)" })
  }
}
