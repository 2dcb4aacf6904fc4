public import JSON
public import Kernels

/// The activation functions by Keras' names.
extension ActivationFunction {
  /// Every name that is read. Where a function has several, the first is written: one that Keras 2 and Keras 3 both know,
  /// as far as they know the function at all.
  public static let named: [(name: String, function: ActivationFunction)] = [
    ("linear", .linear), ("relu", .relu()), ("relu6", .relu(maxValue: 6)), ("leaky_relu", .leakyReLU(alpha: 0.2)),
    ("sigmoid", .sigmoid), ("tanh", .tanh), ("softmax", .softmax), ("swish", .swish), ("silu", .swish),
    ("gelu", .gelu(approximate: false)), ("elu", .elu(alpha: 1)), ("selu", .selu), ("softplus", .softplus),
    ("softsign", .softsign), ("hard_sigmoid", .hardSigmoid), ("hard_swish", .hardSwish), ("hard_silu", .hardSwish),
    ("exponential", .exponential), ("mish", .mish),
    // Ours. Keras 2 means 0.2x + 0.5 by the name "hard_sigmoid" and Keras 3 relu6(x + 3) / 6; who reads a file of
    // Keras 2 puts this name in its place, and who writes one puts it back. Keras has no name for the other.
    ("keras2_hard_sigmoid", .hardSigmoidKeras2), ("gelu_tanh", .gelu(approximate: true)),
  ]

  /// `x`, and 0 below zero.
  public static var relu: ActivationFunction { .relu() }

  /// `x` between 0 and 6.
  public static var relu6: ActivationFunction { .relu(maxValue: 6) }

  /// Layers that are nothing but a function, which Keras also takes as an activation.
  private static let layers: [any ActivationLayer.Type] = [
    Activation.self, ELU.self, LeakyReLU.self, ReLU.self, Softmax.self,
  ]

  /// Reads Keras' spellings: a name, null for linear, a serialised function or a serialised layer such as
  /// `{"class_name": "LeakyReLU", "config": {"alpha": 0.1}}`.
  public init(config: JSONValue) throws(ConfigError) {
    if config.isNull {
      self = .linear
      return
    }
    let kind = config["class_name"]?.stringValue
    if let kind, let layer = Self.layers.first(where: { $0.kind == kind }) {
      self = try layer.init(config: config["config"] ?? [:]).function
      return
    }
    // {"class_name": "function", "config": "relu6"}, or with the name as the class: {"class_name": "relu6", "config": {}}.
    guard let name = config.stringValue ?? config["config"]?.stringValue ?? kind else {
      throw ConfigError("expected the name of an activation, found \(config.kindName)")
    }
    guard let match = Self.named.first(where: { $0.name == name }) else {
      let names = Self.named.map(\.name)
      throw ConfigError("there is no activation \"\(name)\". \(Suggestion.sentence(for: name, among: names))")
    }
    self = match.function
  }

  /// Keras' name, or a serialised layer where the function has settings that no name stands for.
  public var config: JSONValue {
    if let match = Self.named.first(where: { $0.function == self }) { return .string(match.name) }
    let layer: any Layer =
      switch self {
      case .relu(let maximum, let slope, let threshold):
        ReLU(maxValue: maximum, negativeSlope: slope, threshold: threshold)
      case .leakyReLU(let alpha): LeakyReLU(alpha: alpha)
      case .elu(let alpha): ELU(alpha: alpha)
      default: preconditionFailure("\(self) has no name")
      }
    return [
      "module": "keras.layers", "class_name": .string(layer.kind), "config": layer.config, "registered_name": nil,
    ]
  }
}

extension ConfigReader {
  /// The activation at the end of a layer; linear where there is none.
  mutating func activation(_ key: String = "activation") throws(ConfigError) -> ActivationFunction {
    guard let value = value(key) else { return .linear }
    do { return try ActivationFunction(config: value) } catch { throw ConfigError(key: key, error.message) }
  }
}
