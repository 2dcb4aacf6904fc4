public import JSON
public import Layers

/// A straight line up to the rate with which another schedule begins, and then that schedule.
///
/// - Formula: `initial + (rate − initial) · step / warmup_steps` for `warmup_steps` steps, then `then` in what is left of the
///   phase. `then` is a number or a schedule; `initial_learning_rate` is 0 unless said otherwise.
///
/// See [Goyal et al. 2017](https://arxiv.org/abs/1706.02677), section 2.2.
public struct Warmup: Schedule {
  public static let name = "warmup"

  public var warmupSteps: StepCount
  public var initialLearningRate: Double
  public var then: LearningRateSchedule

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    guard let steps = try reader.steps("warmup_steps") else {
      throw ConfigError(key: "warmup_steps", "a warm-up needs its number of steps")
    }
    warmupSteps = steps
    initialLearningRate = try reader.rate("initial_learning_rate", default: 0)
    guard let next = reader.value("then") else {
      throw ConfigError(key: "then", "say what comes after the warm-up: a rate or a schedule")
    }
    do {
      then = try LearningRateSchedule.reading(next)
    } catch {
      throw ConfigError(key: error.key.isEmpty ? "then" : "then.\(error.key)", error.message)
    }
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "warmup_steps": warmupSteps.config,
      "initial_learning_rate": .number(initialLearningRate), "then": then.config,
    ]
  }

  public func rate(at position: SchedulePosition) -> Double {
    let steps = warmupSteps.steps(in: position)
    let rate = then.schedule.rate(at: rest(of: position))
    if position.step >= steps { return rate }
    return initialLearningRate + (rate - initialLearningRate) * position.step / steps
  }

  public func length(in phase: SchedulePosition) -> Double? {
    warmupSteps.steps(in: phase) + (then.schedule.length(in: after(phase)) ?? 0)
  }

  public func overruns(in phase: SchedulePosition) -> [(key: String, problem: String)] {
    if let overrun = warmupOverrun(warmupSteps.steps(in: phase), in: phase) { return [overrun] }
    return then.schedule.overruns(in: after(phase)).map { ($0.key.isEmpty ? "then" : "then.\($0.key)", $0.problem) }
  }

  public func momentum(at position: SchedulePosition) -> Double? { then.schedule.momentum(at: rest(of: position)) }

  public var needsMomentum: Bool { then.schedule.needsMomentum }

  /// Where the schedule after the warm-up stands; at its beginning until then.
  private func rest(of position: SchedulePosition) -> SchedulePosition {
    var rest = after(position)
    rest.step = max(0, position.step - warmupSteps.steps(in: position))
    return rest
  }

  /// What is left of the phase after the warm-up.
  private func after(_ phase: SchedulePosition) -> SchedulePosition {
    SchedulePosition(
      step: 0, stepCount: max(1, phase.stepCount - Int(warmupSteps.steps(in: phase))),
      stepsPerEpoch: phase.stepsPerEpoch)
  }
}
