public import JSON
public import Layers

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Half cosine waves one after the other, each `t_mul` times as long and beginning at `m_mul` times the rate of the one before:
/// Keras' `CosineDecayRestarts`, "SGDR" ([Loshchilov & Hutter 2016](https://arxiv.org/abs/1608.03983)).
///
/// - Formula: with `x` from 0 to 1 within wave `i`: `initial · ((1 − alpha) · m_mulⁱ · ½(1 + cos πx) + alpha)`
public struct CosineDecayRestarts: Schedule {
  public static let name = "cosine_decay_restarts"

  public var initialLearningRate: Double
  /// The length of the first wave.
  public var firstDecaySteps: StepCount
  public var tMul: Double
  public var mMul: Double
  public var alpha: Double

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    initialLearningRate = try reader.rate("initial_learning_rate")
    guard let steps = try reader.steps("first_decay_steps") else {
      throw ConfigError(key: "first_decay_steps", "cosine_decay_restarts needs the length of its first wave")
    }
    firstDecaySteps = steps
    tMul = try reader.rate("t_mul", default: 2)
    guard tMul >= 1 else { throw ConfigError(key: "t_mul", "expected a number from 1, found \(tMul)") }
    mMul = try reader.positiveNumber("m_mul", default: 1)
    alpha = try reader.rate("alpha", default: 0)
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "initial_learning_rate": .number(initialLearningRate),
      "first_decay_steps": firstDecaySteps.config, "t_mul": .number(tMul), "m_mul": .number(mMul),
      "alpha": .number(alpha),
    ]
  }

  public func rate(at position: SchedulePosition) -> Double {
    // Wave by wave: a logarithm would round the first step of a wave into the one before.
    var (start, length, wave) = (0.0, firstDecaySteps.steps(in: position), 0)
    if tMul == 1 {
      wave = Int(position.step / length)
      start = Double(wave) * length
    } else {
      while position.step >= start + length {
        start += length
        length *= tMul
        wave += 1
      }
    }
    let cosine = 0.5 * power(mMul, wave) * (1 + cos(Double.pi * (position.step - start) / length))
    return initialLearningRate * ((1 - alpha) * cosine + alpha)
  }

  public func length(in phase: SchedulePosition) -> Double? { firstDecaySteps.steps(in: phase) }

  public func overruns(in phase: SchedulePosition) -> [(key: String, problem: String)] {
    guard let length = length(in: phase), length > Double(phase.stepCount) else { return [] }
    return [
      ("first_decay_steps", "the first wave takes \(Int(length.rounded(.up))) steps and does not come to its end")
    ]
  }
}
