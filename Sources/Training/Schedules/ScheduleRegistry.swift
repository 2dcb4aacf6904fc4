public import JSON
public import Layers

/// All schedules of learning rates there are, by Keras' names.
public enum ScheduleRegistry {
  /// One line per schedule.
  public static let all: [any Schedule.Type] = [
    ConstantRate.self, StepDecay.self, PiecewiseConstantDecay.self, ExponentialDecay.self, InverseTimeDecay.self,
    PolynomialDecay.self, CosineDecay.self, CosineDecayRestarts.self, OneCycle.self, Warmup.self,
  ]

  public static var names: [String] { all.map { $0.name } }

  /// The schedule that `{"name": …, settings…}`, or Keras' `{"class_name": …, "config": {…}}`, describes.
  public static func schedule(_ config: JSONValue) throws(ConfigError) -> any Schedule {
    var (name, settings) = ("", config)
    if let kind = config["class_name"]?.stringValue {
      (name, settings) = (kind, config["config"] ?? [:])
    } else {
      name = try config.registeredName(of: "schedule", example: CosineDecay.name)
    }
    let letters = name.lowercased().filter { $0 != "_" }
    guard let type = all.first(where: { $0.name.filter { $0 != "_" } == letters }) else {
      throw ConfigError("there is no schedule \"\(name)\". \(Suggestion.sentence(for: name, among: names))")
    }
    return try type.init(config: settings)
  }
}
