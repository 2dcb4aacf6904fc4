public import JSON
public import Layers

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// A rate that is multiplied by `decay_rate` every `decay_steps`: Keras' `ExponentialDecay`.
///
/// - Formula: `initial_learning_rate · decay_rate ^ (step / decay_steps)`, with the exponent rounded down if `staircase`
public struct ExponentialDecay: Schedule {
  public static let name = "exponential_decay"

  public var initialLearningRate: Double
  /// Nil for the length of the phase.
  public var decaySteps: StepCount?
  public var decayRate: Double
  public var staircase: Bool

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    initialLearningRate = try reader.rate("initial_learning_rate")
    decaySteps = try reader.steps("decay_steps")
    decayRate = try reader.positiveNumber("decay_rate")
    staircase = try reader.bool("staircase", default: false)
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "initial_learning_rate": .number(initialLearningRate),
      "decay_steps": decaySteps?.config ?? .null, "decay_rate": .number(decayRate), "staircase": .bool(staircase),
    ]
  }

  public func rate(at position: SchedulePosition) -> Double {
    let share = position.step / (decaySteps?.steps(in: position) ?? Double(max(1, position.stepCount)))
    return initialLearningRate * pow(decayRate, staircase ? share.rounded(.down) : share)
  }
}
