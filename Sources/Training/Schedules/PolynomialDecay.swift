public import JSON
public import Layers

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// A rate that falls along a power of the remaining time; a straight line unless said otherwise. Keras' `PolynomialDecay`.
///
/// - Formula: `(initial − end) · (1 − min(step, decay_steps) / decay_steps) ^ power + end`, with 0.0001 for `end_learning_rate`
///   and 1 for `power`. With `cycle`, `decay_steps` is stretched to its next multiple instead, so that the rate rises again.
public struct PolynomialDecay: Schedule {
  public static let name = "polynomial_decay"

  public var initialLearningRate: Double
  /// Nil for the length of the phase.
  public var decaySteps: StepCount?
  public var endLearningRate: Double
  public var exponent: Double
  public var cycle: Bool

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    initialLearningRate = try reader.rate("initial_learning_rate")
    decaySteps = try reader.steps("decay_steps")
    endLearningRate = try reader.rate("end_learning_rate", default: 0.0001)
    exponent = try reader.positiveNumber("power", default: 1)
    cycle = try reader.bool("cycle", default: false)
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "initial_learning_rate": .number(initialLearningRate),
      "decay_steps": decaySteps?.config ?? .null, "end_learning_rate": .number(endLearningRate),
      "power": .number(exponent), "cycle": .bool(cycle),
    ]
  }

  public func rate(at position: SchedulePosition) -> Double {
    var steps = decaySteps?.steps(in: position) ?? Double(max(1, position.stepCount))
    if cycle { steps *= max(1, (position.step / steps).rounded(.up)) }
    let share = min(position.step, steps) / steps
    return (initialLearningRate - endLearningRate) * pow(1 - share, exponent) + endLearningRate
  }

  public func length(in phase: SchedulePosition) -> Double? { decaySteps?.steps(in: phase) }

  public func overruns(in phase: SchedulePosition) -> [(key: String, problem: String)] {
    guard let length = length(in: phase), length > Double(phase.stepCount) else { return [] }
    return [("decay_steps", "the schedule takes \(Int(length.rounded(.up))) steps and does not come to its end")]
  }
}
