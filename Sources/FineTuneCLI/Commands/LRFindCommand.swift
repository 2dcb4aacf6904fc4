import ArgumentParser
import FineTune
import Foundation

struct LRFindCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lr-find", abstract: "Try learning rates for a recipe's phase and suggest one. Changes nothing.",
    discussion: """
      Trains a copy of the model while the learning rate grows from batch to batch, and watches the loss. Prints the rates \
      with their losses; --plot draws them. Neither the recipe nor its output folder is touched.
      """)

  @Argument(help: "The recipe.", completion: .file(extensions: ["json"]))
  var recipe: String

  @Option(name: .customLong("set"), help: "Change the recipe: path=value, such as phases.0.epochs=2. May be repeated.")
  var settings: [String] = []

  @Option(help: "The phase, 1 for the first.")
  var phase = 1

  @Option(name: .customLong("from"), help: "The lowest rate.")
  var lowest = 1e-7

  @Option(name: .customLong("to"), help: "The highest rate.")
  var highest = 10.0

  @Option(help: "How many rates to try, one batch each.")
  var steps = 100

  @Option(help: "Draw the losses into this file, .svg or .png.", completion: .file(extensions: ["svg", "png"]))
  var plot: String?

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup var running: RunningOptions

  func validate() throws {
    guard lowest > 0, highest > lowest, highest.isFinite else {
      throw ValidationError("--from and --to take rates above 0, the lower one first.")
    }
    guard (10...100_000).contains(steps) else { throw ValidationError("--steps takes a number from 10 to 100000.") }
    guard phase >= 1 else { throw ValidationError("--phase takes a number from 1.") }
    if let plot, ![".svg", ".png"].contains(where: plot.lowercased().hasSuffix) {
      throw ValidationError("--plot takes a name that ends in .svg or .png, not \(plot).")
    }
  }

  func run() throws {
    let plan = try Plan(Recipe(contentsOf: recipe, settings: settings))
    let progress = ProgressLine(isQuiet: running.quiet)
    let interrupt = Interrupt { progress.say("stopping after this batch") }
    let device = running.device
    running.say(PlanText.lines(training: plan.recipe.trainingPrecision, on: device.kernels))
    let search = try LearningRateSearch(
      plan, phase: phase - 1, range: lowest...highest, steps: steps, on: device,
      observer: RunRenderer(progress),
      progress: { progress.show("trying", fraction: Double($0) / Double(steps), "\($0)/\(steps) learning rates") },
      shouldStop: { interrupt.isRequested })
    progress.clear()
    if let plot { try search.plot(to: plot) }
    if json {
      Terminal.standardOutput.write(search.json.prettyText + "\n")
    } else {
      Terminal.standardOutput.write(LearningRateText(search).lines.map { $0 + "\n" }.joined())
    }
    if let plot { running.say(["\(plot): written"]) }
  }
}

/// Rates and losses for people.
struct LearningRateText {
  let lines: [String]

  init(_ search: LearningRateSearch) {
    func rate(_ value: Double) -> String { String(format: "%.2e", value) }
    let points = search.curve.points
    let smoothed = points.map(\.smoothed)
    let (least, most) = (smoothed.min() ?? 0, smoothed.max() ?? 1)
    var lines = ["learning rate        loss   smoothed"]
    // About twenty-five lines say it all.
    for index in stride(from: 0, to: points.count, by: max(1, points.count / 25)) {
      let point = points[index]
      let share = most > least ? (point.smoothed - least) / (most - least) : 0
      lines.append(
        "     " + rate(point.rate) + Self.padded(Figure.short(point.loss)) + Self.padded(Figure.short(point.smoothed))
          + "  " + String(repeating: "▒", count: Int((share * 40).rounded())))
    }
    lines.append("")
    if let suggestion = search.curve.suggestion {
      lines.append("suggestion: \(rate(suggestion)), the middle of the way down")
      if let steepest = search.curve.steepest { lines.append("steepest at \(rate(steepest))") }
      if let most = search.curve.tenthOfLeast {
        lines.append("at most \(rate(most)), a tenth of the rate of the least loss")
      }
      if let own = search.own { lines.append("the recipe says \(rate(own))") }
    } else {
      lines.append("the loss does not fall at any of these rates; is there anything to learn, or is --to too low?")
    }
    self.lines = lines
  }

  private static func padded(_ text: String) -> String { String(repeating: " ", count: max(1, 11 - text.count)) + text }
}
