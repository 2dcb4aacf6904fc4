internal import Foundation
internal import Images
public import JSON
public import Kernels
internal import Layers
public import Training

/// Looks for a learning rate for one phase of a plan. Trains on a copy and writes nothing but the plot, if one is asked for.
public struct LearningRateSearch: Sendable {
  public let phase: String
  public let curve: LearningRateCurve
  /// What the recipe's own rate is at its highest, to be drawn beside the suggestion; nil for one of no single height.
  public let own: Double?

  /// Tries rates on the model as the plan loads it: with fresh heads, and for a later phase without what earlier ones learn.
  ///
  /// - Parameters:
  ///   - index: the phase, 0 for the first
  ///   - range: the lowest and the highest rate
  ///   - steps: how many rates are tried, one batch each
  public init(
    _ plan: Plan, phase index: Int, range: ClosedRange<Double> = 1e-7...10, steps: Int = 100, on device: Device,
    observer: any RunObserver = SilentRunObserver(), progress: (Int) -> Void = { _ in },
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws {
    // Of a phase that thaws layers as it goes on, its beginning.
    guard let place = plan.phases.firstIndex(where: { $0.number == index }) else {
      throw RecipeError(
        file: plan.recipe.file, path: "phases",
        "there is no phase \(index + 1); the recipe has \(plan.recipe.phases.count)")
    }
    let planned = plan.phases[place]
    var model = plan.model
    planned.configure(&model)
    var pictures = PictureSets(plan, cache: plan.featureCache(), on: device)
    guard let sources = try pictures.sources(forPhase: place, model, observer: observer, shouldStop: shouldStop) else {
      throw RunError.cancelled
    }
    var finder = LearningRateFinder(plan.settings(planned, firstEpoch: 0), on: device)
    (finder.lowest, finder.highest, finder.steps) = (range.lowerBound, range.upperBound, steps)
    phase = planned.recipe.name
    curve = try finder(model, on: sources.training, progress: progress, shouldStop: shouldStop)
    own = (planned.recipe.optimizer.learningRate.schedule as? ConstantRate)?.learningRate
  }

  /// `{"phase": …, "suggestion": …, "steepest": …, "tenth_of_least": …, "points": [{"rate": …, "loss": …, "smoothed": …}]}`
  public var json: JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
    return [
      "phase": .string(phase), "suggestion": number(curve.suggestion), "steepest": number(curve.steepest),
      "tenth_of_least": number(curve.tenthOfLeast), "recipe": number(own),
      "points": .array(
        curve.points.map {
          ["rate": .number($0.rate), "loss": .number($0.loss), "smoothed": .number($0.smoothed)]
        }),
    ]
  }

  /// Draws the curve into a file, whose name says how: `.svg` or `.png`.
  public func plot(to path: String) throws {
    let plot = LearningRatePlot(self)
    if path.lowercased().hasSuffix(".svg") {
      do {
        try Data(plot.svg.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      } catch {
        throw RunError.cannotWrite(path: path, reason: (error as NSError).localizedDescription)
      }
    } else {
      try ImageEncoder.writePNG(plot.image, to: path)
    }
  }
}
