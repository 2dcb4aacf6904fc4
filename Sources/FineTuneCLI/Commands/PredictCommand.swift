import ArgumentParser
import FineTune

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Name the most probable classes of pictures, or the number of a regression; folders are walked.")

  @OptionGroup var model: ModelOptions

  @Argument(help: "Pictures, or folders of pictures.", completion: .pictures)
  var images: [String]

  @Option(help: "How many classes to name for each picture.")
  var top = 5

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Print a table: file,rank,label,probability, or value where a model puts out none.")
  var csv = false

  @OptionGroup var views: ViewOptions

  @OptionGroup var precision: PrecisionOptions

  @OptionGroup var running: RunningOptions

  func validate() throws {
    guard top > 0 else { throw ValidationError("--top takes a number of 1 or more.") }
    guard !(json && csv) else { throw ValidationError("Choose one of --json and --csv.") }
  }

  func run() throws {
    let loaded = try model.loaded(running)
    let progress = ProgressLine(isQuiet: running.quiet)
    let prediction = try Prediction(
      loaded, of: images, topCount: top, viewCount: views.count, on: precision.device(running)
    ) { done, count in
      progress.show("predicting", fraction: Double(done) / Double(max(1, count)), "\(done)/\(count)")
    }
    progress.clear()
    running.report(prediction.skipped)
    if json {
      Terminal.standardOutput.write(prediction.json.prettyText + "\n")
    } else if csv {
      Terminal.standardOutput.write(prediction.csv)
    } else {
      for picture in prediction.pictures {
        Terminal.standardOutput.write(picture.file + "\n")
        for found in picture.classes {
          Terminal.standardOutput.write("  \(Figure.fixed(found.value, digits: 4))  \(found.label)\n")
        }
      }
    }
    if prediction.pictures.isEmpty { throw ExitStatus.noInput.code }
  }
}
