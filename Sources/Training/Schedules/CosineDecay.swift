public import JSON
public import Layers

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// From a first learning rate along half a cosine wave to a last one, if wished after rising to it in a straight line.
///
/// Keras' `CosineDecay` ([Loshchilov & Hutter 2016](https://arxiv.org/abs/1608.03983)): with `r` the rate to fall from and
/// `x = min(step, decay_steps) / decay_steps`, the rate is `r · ((1 − alpha) · ½(1 + cos πx) + alpha)`. With a
/// `warmup_target` the rate first goes from `initial_learning_rate` to the target within `warmup_steps`, and falls from it.
///
/// Unlike in Keras `decay_steps` may be left out: then the rate falls until the phase ends.
public struct CosineDecay: Schedule {
  public static let name = "cosine_decay"

  public var initialLearningRate: Double
  /// Steps from the highest rate to the lowest; nil for all that are left of the phase after the warm-up.
  public var decaySteps: StepCount?
  /// The last rate as a share of the highest.
  public var alpha = 0.0
  public var warmupTarget: Double?
  public var warmupSteps = StepCount.steps(0)

  public init(
    initialLearningRate: Double, decaySteps: StepCount? = nil, alpha: Double = 0, warmupTarget: Double? = nil,
    warmupSteps: StepCount = 0
  ) {
    self.initialLearningRate = initialLearningRate
    self.decaySteps = decaySteps
    self.alpha = alpha
    self.warmupTarget = warmupTarget
    self.warmupSteps = warmupSteps
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    initialLearningRate = try reader.rate("initial_learning_rate")
    decaySteps = try reader.steps("decay_steps")
    alpha = try reader.rate("alpha", default: 0)
    warmupTarget = reader.value("warmup_target") == nil ? nil : try reader.rate("warmup_target")
    warmupSteps = try reader.steps("warmup_steps", least: 0) ?? 0
    guard warmupTarget != nil || warmupSteps == 0 else {
      throw ConfigError(key: "warmup_steps", "a warm-up needs a warmup_target and a number of steps from 0")
    }
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "initial_learning_rate": .number(initialLearningRate),
      "decay_steps": decaySteps?.config ?? .null, "alpha": .number(alpha),
      "warmup_target": warmupTarget.map { .number($0) } ?? .null, "warmup_steps": warmupSteps.config,
    ]
  }

  public func rate(at position: SchedulePosition) -> Double {
    let highest = warmupTarget ?? initialLearningRate
    let warmup = warmup(in: position)
    if position.step < warmup {
      return (highest - initialLearningRate) * position.step / warmup + initialLearningRate
    }
    let steps = decaySteps?.steps(in: position) ?? max(1, Double(position.stepCount) - warmup)
    let done = min(position.step - warmup, steps) / steps
    return highest * ((1 - alpha) * 0.5 * (1 + cos(Double.pi * done)) + alpha)
  }

  public func length(in phase: SchedulePosition) -> Double? {
    warmup(in: phase) + (decaySteps?.steps(in: phase) ?? 0)
  }

  public func overruns(in phase: SchedulePosition) -> [(key: String, problem: String)] {
    if warmupTarget != nil, let overrun = warmupOverrun(warmup(in: phase), in: phase) { return [overrun] }
    guard let length = length(in: phase), length > Double(phase.stepCount) else { return [] }
    return [("decay_steps", "the schedule takes \(Int(length.rounded(.up))) steps and does not come to its end")]
  }

  private func warmup(in phase: SchedulePosition) -> Double {
    warmupTarget == nil ? 0 : warmupSteps.steps(in: phase)
  }
}

extension LearningRateSchedule {
  /// Down half a cosine wave.
  public static func cosineDecay(_ decay: CosineDecay) -> LearningRateSchedule { LearningRateSchedule(decay) }
}
