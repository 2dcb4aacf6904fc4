public import JSON
public import Layers

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Up to a high rate and down to almost none within one phase, both along half a cosine wave.
///
/// - Formula: with `x = step / steps` and `p = warmup_fraction`, the rate goes from `max / div_factor` to `max` while `x < p`,
///   then to `max / final_div_factor`, each `a + (b − a) · ½(1 − cos πy)` with `y` from 0 to 1 within its part
///
/// [Smith & Topin 2017](https://arxiv.org/abs/1708.07120), with the shape and the defaults of fastai's `fit_one_cycle`: a quarter
/// of the way up, 25 and 100,000. Momentum is left as it is.
public struct OneCycle: Schedule {
  public static let name = "one_cycle"

  public var maxLearningRate: Double
  public var warmupFraction: Double
  public var divFactor: Double
  public var finalDivFactor: Double

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    maxLearningRate = try reader.rate("max_learning_rate")
    warmupFraction = try reader.rate("warmup_fraction", default: 0.25)
    guard warmupFraction < 1 else {
      throw ConfigError(key: "warmup_fraction", "expected a share from 0 to below 1, found \(warmupFraction)")
    }
    divFactor = try reader.positiveNumber("div_factor", default: 25)
    finalDivFactor = try reader.positiveNumber("final_div_factor", default: 100_000)
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "max_learning_rate": .number(maxLearningRate),
      "warmup_fraction": .number(warmupFraction), "div_factor": .number(divFactor),
      "final_div_factor": .number(finalDivFactor),
    ]
  }

  public func rate(at position: SchedulePosition) -> Double {
    let done = min(1, position.step / Double(max(1, position.stepCount)))
    func wave(_ first: Double, _ last: Double, _ share: Double) -> Double {
      first + (last - first) * 0.5 * (1 - cos(Double.pi * share))
    }
    if done < warmupFraction { return wave(maxLearningRate / divFactor, maxLearningRate, done / warmupFraction) }
    return wave(maxLearningRate, maxLearningRate / finalDivFactor, (done - warmupFraction) / (1 - warmupFraction))
  }
}
