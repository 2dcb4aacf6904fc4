public import JSON
import Layers

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// The learning rate of every step.
public enum LearningRateSchedule: Hashable, Sendable {
  /// The same rate throughout.
  case constant(Double)
  case cosineDecay(CosineDecay)

  /// The names of the schedules that are not constant.
  static let names = [CosineDecay.name]

  /// Reads a number, or `{"name": "cosine_decay", …}`.
  static func reading(_ config: JSONValue) throws(ConfigError) -> LearningRateSchedule {
    if let rate = config.doubleValue {
      guard rate >= 0, rate.isFinite else { throw ConfigError("expected a number that is not negative, found \(rate)") }
      return .constant(rate)
    }
    guard config.objectValue != nil else {
      throw ConfigError("expected a number or a schedule such as {\"name\": \"cosine_decay\", …}, found \(config.text)")
    }
    let name = try config.registeredName(of: "schedule", example: CosineDecay.name)
    guard name == CosineDecay.name || name == "CosineDecay" else {
      throw ConfigError("there is no schedule \"\(name)\". \(Suggestion.sentence(for: name, among: names))")
    }
    return .cosineDecay(try CosineDecay(config: config))
  }

  /// A number, or the settings with their name.
  public var config: JSONValue {
    switch self {
    case .constant(let rate): .number(rate)
    case .cosineDecay(let decay): decay.config
    }
  }

  /// The rate at a step (0 is the first) of a phase of `stepCount` steps.
  public func rate(step: Int, of stepCount: Int) -> Double {
    switch self {
    case .constant(let rate): rate
    case .cosineDecay(let decay): decay.rate(step: step, of: stepCount)
    }
  }
}

/// From a first learning rate along half a cosine wave to a last one, if wished after rising to it in a straight line.
///
/// Keras' `CosineDecay` ([Loshchilov & Hutter 2016](https://arxiv.org/abs/1608.03983)): with `r` the rate to fall from and
/// `x = min(step, decay_steps) / decay_steps`, the rate is `r · ((1 − alpha) · ½(1 + cos πx) + alpha)`. With a
/// `warmup_target` the rate first goes from `initial_learning_rate` to the target within `warmup_steps`, and falls from it.
///
/// Unlike in Keras `decay_steps` may be left out: then the rate falls until the phase ends.
public struct CosineDecay: Hashable, Sendable {
  static let name = "cosine_decay"

  public var initialLearningRate: Double
  /// Steps from the highest rate to the lowest; nil for all that are left of the phase after the warm-up.
  public var decaySteps: Int?
  /// The last rate as a share of the highest.
  public var alpha = 0.0
  public var warmupTarget: Double?
  public var warmupSteps = 0

  public init(
    initialLearningRate: Double, decaySteps: Int? = nil, alpha: Double = 0, warmupTarget: Double? = nil,
    warmupSteps: Int = 0
  ) {
    self.initialLearningRate = initialLearningRate
    self.decaySteps = decaySteps
    self.alpha = alpha
    self.warmupTarget = warmupTarget
    self.warmupSteps = warmupSteps
  }

  init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    func rate(_ key: String) throws(ConfigError) -> Double? {
      guard let value = reader.value(key) else { return nil }
      guard let number = value.doubleValue, number >= 0, number.isFinite else {
        throw ConfigError(key: key, "expected a number that is not negative, found \(value.text)")
      }
      return number
    }
    guard let initial = try rate("initial_learning_rate") else {
      throw ConfigError(key: "initial_learning_rate", "cosine_decay needs the rate that it starts from")
    }
    initialLearningRate = initial
    decaySteps = reader.value("decay_steps") == nil ? nil : try reader.positive("decay_steps")
    alpha = try rate("alpha") ?? 0
    warmupTarget = try rate("warmup_target")
    warmupSteps = try reader.int("warmup_steps", default: 0)
    guard warmupSteps >= 0 && (warmupTarget != nil || warmupSteps == 0) else {
      throw ConfigError(key: "warmup_steps", "a warm-up needs a warmup_target and a number of steps from 0")
    }
    try reader.finish()
  }

  var config: JSONValue {
    [
      "name": .string(Self.name), "initial_learning_rate": .number(initialLearningRate),
      "decay_steps": decaySteps.map { .integer($0) } ?? .null, "alpha": .number(alpha),
      "warmup_target": warmupTarget.map { .number($0) } ?? .null, "warmup_steps": .integer(warmupSteps),
    ]
  }

  func rate(step: Int, of stepCount: Int) -> Double {
    let highest = warmupTarget ?? initialLearningRate
    let warmup = warmupTarget == nil ? 0 : warmupSteps
    if step < warmup {
      return (highest - initialLearningRate) * Double(step) / Double(warmup) + initialLearningRate
    }
    let steps = decaySteps ?? max(1, stepCount - warmup)
    let done = Double(min(step - warmup, steps)) / Double(steps)
    return highest * ((1 - alpha) * 0.5 * (1 + cos(Double.pi * done)) + alpha)
  }
}
