public import JSON
public import Layers

/// All losses there are, by Keras' names.
public enum LossRegistry {
  /// One line per loss.
  public static let all: [any Loss.Type] = [
    CategoricalCrossentropy.self,
    SparseCategoricalCrossentropy.self,
    BinaryCrossentropy.self,
    CategoricalFocalCrossentropy.self,
    BinaryFocalCrossentropy.self,
    KLDivergence.self,
    CategoricalHinge.self,
    Hinge.self,
    SquaredHinge.self,
    MeanSquaredError.self,
    MeanAbsoluteError.self,
    MeanAbsolutePercentageError.self,
    MeanSquaredLogarithmicError.self,
    Huber.self,
    LogCosh.self,
    Poisson.self,
    CosineSimilarity.self,
  ]

  /// Keras' short names.
  private static let aliases = [
    "bce": BinaryCrossentropy.name, "mse": MeanSquaredError.name, "mae": MeanAbsoluteError.name,
    "mape": MeanAbsolutePercentageError.name, "msle": MeanSquaredLogarithmicError.name, "logcosh": LogCosh.name,
    "kld": KLDivergence.name, "kullback_leibler_divergence": KLDivergence.name,
  ]

  public static var names: [String] { all.map { $0.name } }

  /// The loss that a name, or `{"name": …, settings…}`, describes.
  public static func loss(_ config: JSONValue) throws(ConfigError) -> any Loss {
    let name = try config.registeredName(of: "loss", example: "categorical_crossentropy")
    guard let type = all.first(where: { $0.name == aliases[name] ?? name }) else {
      throw ConfigError("there is no loss \"\(name)\". \(Suggestion.sentence(for: name, among: names))")
    }
    return try type.init(config: config.objectValue == nil ? [:] : config)
  }
}

extension JSONValue {
  /// The name in `"name"` or `{"name": "name", …}`, which is how recipes spell one of a registry.
  func registeredName(of kind: String, example: String) throws(ConfigError) -> String {
    if let name = stringValue { return name }
    guard let members = objectValue else {
      throw ConfigError("expected the name of a \(kind) such as \"\(example)\", found \(text)")
    }
    guard let name = members["name"]?.stringValue else {
      throw ConfigError(key: "name", "expected the name of a \(kind) such as \"\(example)\"")
    }
    return name
  }
}
