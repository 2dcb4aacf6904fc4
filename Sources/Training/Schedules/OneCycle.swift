public import JSON
public import Layers

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Up to a high rate and down to almost none within one phase, both along half a cosine wave, while momentum goes the other way.
///
/// - Formula: with `x = step / steps` and `p = warmup_fraction`, the rate goes from `max / div_factor` to `max` while `x < p`,
///   then to `max / final_div_factor`, each `a + (b − a) · ½(1 − cos πy)` with `y` from 0 to 1 within its part. Momentum goes
///   from `max_momentum` (0.95) to `base_momentum` (0.85) and back along the same waves.
///
/// [Smith & Topin 2017](https://arxiv.org/abs/1708.07120), with the shape and the defaults of fastai's `fit_one_cycle`: a quarter
/// of the way up, 25 and 100,000. Momentum cycles as in [Smith 2018](https://arxiv.org/abs/1803.09820): where the rate is high it
/// carries enough. Its keys are those of PyTorch's `OneCycleLR`. It takes the place of `momentum` in SGD and RMSprop and of
/// `beta_1` in Adam, AdamW, Adamax and LAMB; in Adam's correction `1 − β₁ᵗ` it is that of the step, as in PyTorch and fastai.
public struct OneCycle: Schedule {
  public static let name = "one_cycle"

  public var maxLearningRate: Double
  public var warmupFraction: Double
  public var divFactor: Double
  public var finalDivFactor: Double
  /// Whether momentum cycles; nil where the optimiser has one.
  public var cycleMomentum: Bool?
  /// The momentum where the rate is highest.
  public var baseMomentum: Double
  /// The momentum at the beginning and at the end.
  public var maxMomentum: Double

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    maxLearningRate = try reader.rate("max_learning_rate")
    warmupFraction = try reader.rate("warmup_fraction", default: 0.25)
    guard warmupFraction < 1 else {
      throw ConfigError(key: "warmup_fraction", "expected a share from 0 to below 1, found \(warmupFraction)")
    }
    divFactor = try reader.positiveNumber("div_factor", default: 25)
    finalDivFactor = try reader.positiveNumber("final_div_factor", default: 100_000)
    cycleMomentum = reader.value("cycle_momentum") == nil ? nil : try reader.bool("cycle_momentum", default: true)
    maxMomentum = try reader.rate("max_momentum", default: 0.95)
    guard maxMomentum < 1 else {
      throw ConfigError(key: "max_momentum", "expected a share from 0 to below 1, found \(maxMomentum)")
    }
    baseMomentum = try reader.rate("base_momentum", default: min(0.85, maxMomentum))
    guard baseMomentum <= maxMomentum else {
      throw ConfigError(
        key: "base_momentum", "expected at most max_momentum, \(maxMomentum), found \(baseMomentum)")
    }
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "max_learning_rate": .number(maxLearningRate),
      "warmup_fraction": .number(warmupFraction), "div_factor": .number(divFactor),
      "final_div_factor": .number(finalDivFactor), "cycle_momentum": cycleMomentum.map { .bool($0) } ?? .null,
      "base_momentum": .number(baseMomentum), "max_momentum": .number(maxMomentum),
    ]
  }

  public func rate(at position: SchedulePosition) -> Double {
    cycle(at: position, from: maxLearningRate / divFactor, over: maxLearningRate, to: maxLearningRate / finalDivFactor)
  }

  public func momentum(at position: SchedulePosition) -> Double? {
    cycleMomentum == false ? nil : cycle(at: position, from: maxMomentum, over: baseMomentum, to: maxMomentum)
  }

  public var needsMomentum: Bool { cycleMomentum == true }

  private func cycle(at position: SchedulePosition, from first: Double, over top: Double, to last: Double) -> Double {
    let done = min(1, position.step / Double(max(1, position.stepCount)))
    func wave(_ first: Double, _ last: Double, _ share: Double) -> Double {
      first + (last - first) * 0.5 * (1 - cos(Double.pi * share))
    }
    if done < warmupFraction { return wave(first, top, done / warmupFraction) }
    return wave(top, last, (done - warmupFraction) / (1 - warmupFraction))
  }
}
