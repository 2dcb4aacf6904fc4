public import Kernels
public import Layers
import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Tries learning rates from very small to too large, one batch each, and watches the loss.
///
/// The model is trained on a copy with the phase's optimiser while its rate grows by the same factor from batch to batch: at
/// first nothing happens, then the loss falls, and in the end it explodes. A good rate is the largest with which it still falls
/// surely ([Smith 2015](https://arxiv.org/abs/1506.01186)). Nothing is changed.
public struct LearningRateFinder: Sendable {
  public let settings: PhaseSettings
  public let device: Device
  public var lowest = 1e-7
  public var highest = 10.0
  /// Rates that are tried.
  public var steps = 100

  public init(_ settings: PhaseSettings, on device: Device) {
    self.settings = settings
    self.device = device
  }

  /// Tries the rates; ends early when the smoothed loss is four times the least so far, or no number.
  ///
  /// - Parameter progress: is told after each batch how many rates have been tried.
  public func callAsFunction(
    _ model: Model, on source: any BatchSource, progress: (Int) -> Void = { _ in },
    shouldStop: @Sendable () -> Bool = { false }
  ) throws -> LearningRateCurve {
    guard !(settings.optimizer is LBFGS) else {
      throw ConfigError(
        key: "optimizer", "lbfgs looks for the length of each step by itself; there is no rate to find")
    }
    var model = model
    var state = OptimizerState()
    let penalty = Penalty(model, l1: settings.l1, l2: settings.l2)
    let factors = settings.layerRates.isUniform ? nil : try settings.layerRates.factors(for: model)
    let perEpoch = (source.count + settings.batchSize - 1) / settings.batchSize
    var points: [LearningRateCurve.Point] = []
    var (average, least) = (0.0, Double.infinity)
    var order: [Int] = []
    for step in 0..<steps {
      if shouldStop() { throw TrainingError(.cancelled, "stopped before all rates were tried; there is no result") }
      let (epoch, batch) = (step / perEpoch, step % perEpoch)
      if batch == 0 { order = settings.order(of: source.targets, epoch: epoch) }
      let draws = Array(order[batch * settings.batchSize..<min(order.count, (batch + 1) * settings.batchSize)])
      let indices = source.indices(ofDraws: draws)
      let drawn = settings.sampling.targets(source.targets(indices, epoch: epoch))
      let pass = model.trainingPass(
        settings.loss, penalty, from: try source.batch(indices, epoch: epoch, on: device),
        settings.classWeights.map { drawn.weighted(byClass: $0) } ?? drawn,
        random: settings.key.folding("step").folding(UInt64(step)), sampleIDs: draws.map(UInt64.init),
        on: device.training(in: settings.precision))
      // A running average whose weights sum to 1 from the first step on.
      average = Self.smoothing * average + (1 - Self.smoothing) * pass.loss
      let smoothed = average / (1 - power(Self.smoothing, step + 1))
      guard pass.loss.isFinite, step == 0 || smoothed <= 4 * least else { break }
      least = min(least, smoothed)
      let rate = lowest * pow(highest / lowest, Double(step) / Double(max(1, steps - 1)))
      points.append(LearningRateCurve.Point(rate: rate, loss: pass.loss, smoothed: smoothed))
      progress(step + 1)
      state.move(&model, along: pass.gradients, settings.optimizer, rate: rate, factors: factors, on: device)
      model.apply(pass.statistics)
    }
    return LearningRateCurve(points)
  }

  private static let smoothing = 0.9
}

/// The loss at each learning rate, and what follows from it.
public struct LearningRateCurve: Hashable, Sendable {
  public struct Point: Hashable, Sendable {
    public let rate: Double
    /// Of the batch, before its step.
    public let loss: Double
    /// The running average of the losses so far.
    public let smoothed: Double

    public init(rate: Double, loss: Double, smoothed: Double) {
      self.rate = rate
      self.loss = loss
      self.smoothed = smoothed
    }
  }

  public let points: [Point]

  public init(_ points: [Point]) { self.points = points }

  /// A rate to train with: the middle, on the logarithmic scale, of the way down from the last rate at which less than a tenth
  /// of the fall was done to that of the least smoothed loss. Nil if the loss never fell.
  public var suggestion: Double? {
    guard let last = points.indices.min(by: { points[$0].smoothed < points[$1].smoothed }),
      let highest = points[..<last].map(\.smoothed).max()
    else { return nil }
    let begun = highest - 0.1 * (highest - points[last].smoothed)
    guard let first = points[..<last].lastIndex(where: { $0.smoothed >= begun }), last - first >= 2 else { return nil }
    return (points[first].rate * points[last].rate).squareRoot()
  }

  /// Where the smoothed loss falls fastest per factor of the rate; nil if it never falls.
  public var steepest: Double? {
    let slopes = points.indices.dropFirst().dropLast().map { index in
      (points[index].rate, points[index + 1].smoothed - points[index - 1].smoothed)
    }
    guard let best = slopes.min(by: { $0.1 < $1.1 }), best.1 < 0 else { return nil }
    return best.0
  }

  /// A tenth of the rate with the least smoothed loss: as high as one may go.
  public var tenthOfLeast: Double? {
    points.min { $0.smoothed < $1.smoothed }.map { $0.rate / 10 }
  }
}
