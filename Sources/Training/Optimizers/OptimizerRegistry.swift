public import JSON
public import Layers

/// All optimisers there are, by Keras' names.
public enum OptimizerRegistry {
  /// One line per optimiser.
  public static let all: [any Optimizer.Type] = [
    SGD.self, Adam.self, AdamW.self, Nadam.self, Adamax.self, RMSprop.self, Adagrad.self, Adadelta.self, Ftrl.self,
    Lion.self, Lamb.self, Adafactor.self, LBFGS.self,
  ]

  public static var names: [String] { all.map { $0.name } }

  /// The optimiser that a name, or `{"name": …, settings…}`, describes.
  public static func optimizer(_ config: JSONValue) throws(ConfigError) -> any Optimizer {
    let name = try config.registeredName(of: "optimizer", example: "adam")
    guard let type = all.first(where: { $0.name == name.lowercased() }) else {
      throw ConfigError("there is no optimizer \"\(name)\". \(Suggestion.sentence(for: name, among: names))")
    }
    let optimizer = try type.init(config: config.objectValue == nil ? [:] : config)
    if optimizer.learningRate.schedule.needsMomentum, optimizer.with(momentum: 0.9) == nil {
      throw ConfigError(
        key: "learning_rate.cycle_momentum",
        "\(name) has no momentum here that could cycle. "
          + (["sgd", "rmsprop"].contains(type.name) ? "Give it a \"momentum\" such as 0.9, or leave" : "Leave")
          + " \"cycle_momentum\" out.")
    }
    return optimizer
  }
}

extension ConfigReader {
  /// A number from 0 to below `bound`.
  mutating func share(_ key: String, default standard: Float, below bound: Float = 1) throws(ConfigError) -> Float {
    let number = try float(key, default: standard)
    guard number >= 0 && number < bound else {
      let limit = bound.isFinite ? "from 0 to below \(bound)" : "that is not negative"
      throw ConfigError(key: key, "expected a number \(limit), found \(number)")
    }
    return number
  }
}

extension JSONValue {
  /// A `Float` as the shortest number that reads back as the same `Float`.
  static func shortest(_ value: Float) -> JSONValue { .number(.shortest(value)) }
}

extension Double {
  /// The shortest decimal number that reads back as the same `Float`: 0.999, where the `Float` itself is 0.99900001.
  static func shortest(_ value: Float) -> Double { Double("\(value)") ?? Double(value) }
}
