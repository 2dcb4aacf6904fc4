public import JSON
public import Layers

/// A rate that falls in steps: after every `decay_steps` it is multiplied by `decay_rate`, 0.1 unless said otherwise.
///
/// - Formula: `initial_learning_rate · decay_rate ^ ⌊step / decay_steps⌋`; Keras' `ExponentialDecay` with `staircase`
public struct StepDecay: Schedule {
  public static let name = "step_decay"

  public var initialLearningRate: Double
  public var decaySteps: StepCount
  public var decayRate: Double

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    initialLearningRate = try reader.rate("initial_learning_rate")
    guard let steps = try reader.steps("decay_steps") else {
      throw ConfigError(key: "decay_steps", "step_decay needs to know after how many steps the rate falls")
    }
    decaySteps = steps
    decayRate = try reader.positiveNumber("decay_rate", default: 0.1)
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "initial_learning_rate": .number(initialLearningRate),
      "decay_steps": decaySteps.config, "decay_rate": .number(decayRate),
    ]
  }

  public func rate(at position: SchedulePosition) -> Double {
    initialLearningRate * power(decayRate, Int(position.step / decaySteps.steps(in: position)))
  }

  /// The first fall should come within the phase.
  public func length(in phase: SchedulePosition) -> Double? { decaySteps.steps(in: phase) }

  public func overruns(in phase: SchedulePosition) -> [(key: String, problem: String)] {
    let first = decaySteps.steps(in: phase)
    return first >= Double(phase.stepCount)
      ? [("decay_steps", "the rate first falls after \(Int(first.rounded(.up))) steps")] : []
  }
}
