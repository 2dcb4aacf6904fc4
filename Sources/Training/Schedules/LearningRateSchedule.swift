public import JSON
public import Layers

/// The learning rate of every step: the same throughout, or one that follows a schedule.
public struct LearningRateSchedule: Hashable, Sendable {
  /// What the rate follows.
  public let schedule: any Schedule

  public init(_ schedule: any Schedule) { self.schedule = schedule }

  /// The same rate throughout.
  public static func constant(_ rate: Double) -> LearningRateSchedule { LearningRateSchedule(ConstantRate(rate)) }

  /// Reads a number, or `{"name": "cosine_decay", …}`, or Keras' `{"class_name": "CosineDecay", "config": {…}}`.
  static func reading(_ config: JSONValue) throws(ConfigError) -> LearningRateSchedule {
    if let rate = config.doubleValue {
      guard rate >= 0, rate.isFinite else { throw ConfigError("expected a number that is not negative, found \(rate)") }
      return .constant(rate)
    }
    guard config.objectValue != nil else {
      throw ConfigError("expected a number or a schedule such as {\"name\": \"cosine_decay\", …}, found \(config.text)")
    }
    return LearningRateSchedule(try ScheduleRegistry.schedule(config))
  }

  /// A number, or the settings with their name.
  public var config: JSONValue { schedule.config }

  /// The rate at a step (0 is the first) of a phase of `stepCount` steps.
  public func rate(step: Int, of stepCount: Int, stepsPerEpoch: Int = 1) -> Double {
    schedule.rate(at: SchedulePosition(step: Double(step), stepCount: stepCount, stepsPerEpoch: stepsPerEpoch))
  }

  /// The momentum at a step, where the schedule sets that too.
  public func momentum(step: Int, of stepCount: Int, stepsPerEpoch: Int = 1) -> Double? {
    schedule.momentum(at: SchedulePosition(step: Double(step), stepCount: stepCount, stepsPerEpoch: stepsPerEpoch))
  }

  /// Whether two schedules are of one kind with the same settings.
  public static func == (lhs: LearningRateSchedule, rhs: LearningRateSchedule) -> Bool { lhs.config == rhs.config }

  public func hash(into hasher: inout Hasher) { hasher.combine(config) }
}

/// How the learning rate goes on from step to step.
///
/// Steps are those of the optimiser: with gradient accumulation one for several batches. Where Keras' schedules count steps, a
/// recipe may also say `{"epochs": 3}`, and where a schedule's length is left out it lasts to the end of the phase.
public protocol Schedule: Hashable, Sendable {
  /// Keras' name in small letters: `cosine_decay`.
  static var name: String { get }

  /// Reads the settings in Keras' keys; `name` is passed over.
  init(config: JSONValue) throws(ConfigError)

  /// The settings, complete and with `name`.
  var config: JSONValue { get }

  /// The rate of a step.
  func rate(at position: SchedulePosition) -> Double

  /// The number of steps after which the schedule is through, in a phase; nil where it has no end of its own.
  func length(in phase: SchedulePosition) -> Double?

  /// What of it lies behind the end of a phase: the key of the setting, and a sentence without its end, `the decay takes 90
  /// steps`.
  func overruns(in phase: SchedulePosition) -> [(key: String, problem: String)]

  /// The momentum of a step; nil to leave the optimiser its own.
  func momentum(at position: SchedulePosition) -> Double?

  /// Whether it asks for an optimiser whose momentum it can set.
  var needsMomentum: Bool { get }
}

extension Schedule {
  public func momentum(at position: SchedulePosition) -> Double? { nil }

  public var needsMomentum: Bool { false }

  public func length(in phase: SchedulePosition) -> Double? { nil }

  public func overruns(in phase: SchedulePosition) -> [(key: String, problem: String)] {
    guard let length = length(in: phase), length > Double(phase.stepCount) else { return [] }
    return [("", "the schedule takes \(Int(length.rounded(.up))) steps and does not come to its end")]
  }

  /// A warm-up that a phase does not get through.
  func warmupOverrun(_ steps: Double, in phase: SchedulePosition) -> (key: String, problem: String)? {
    guard steps >= Double(phase.stepCount) else { return nil }
    return ("warmup_steps", "the warm-up takes \(Int(steps.rounded(.up))) steps and the rate never arrives")
  }
}

/// Where in a phase a step stands.
public struct SchedulePosition: Hashable, Sendable {
  /// The step; 0 is the first.
  public var step: Double
  /// The steps of the whole phase.
  public var stepCount: Int
  public var stepsPerEpoch: Int

  public init(step: Double, stepCount: Int, stepsPerEpoch: Int) {
    self.step = step
    self.stepCount = stepCount
    self.stepsPerEpoch = stepsPerEpoch
  }
}
