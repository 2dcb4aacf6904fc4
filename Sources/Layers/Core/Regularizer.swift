public import JSON

/// A penalty on the size of a parameter that the loss carries: `l1·Σ|w| + l2·Σw²`, Keras' L1, L2 and L1L2.
public struct Regularizer: Hashable, Sendable {
  public var l1: Float
  public var l2: Float

  public init(l1: Float = 0, l2: Float = 0) {
    self.l1 = l1
    self.l2 = l2
  }

  /// Reads Keras' `{"class_name": "L2", "config": {"l2": 0.01}}`, the names `"l1"`, `"l2"`, `"l1_l2"` (0.01 each), or in short
  /// `{"l1": 0.001, "l2": 0.01}`.
  ///
  /// Null, or a penalty of nothing, is no regularizer.
  public static func reading(_ config: JSONValue) throws(ConfigError) -> Regularizer? {
    if config.isNull { return nil }
    if let name = config.stringValue {
      switch name.lowercased() {
      case "l1": return Regularizer(l1: 0.01)
      case "l2": return Regularizer(l2: 0.01)
      case "l1_l2", "l1l2": return Regularizer(l1: 0.01, l2: 0.01)
      default: throw ConfigError("there is no regularizer \"\(name)\". \(Suggestion.sentence(for: name, among: names))")
      }
    }
    if config.objectValue != nil, config["class_name"] == nil, config["name"] == nil {
      return try reading("l1_l2", config)
    }
    let (name, settings) = try config.namedSettings(of: "regularizer", example: "l2")
    return try reading(name, settings)
  }

  private static let names = ["l1", "l2", "l1_l2"]

  private static func reading(_ name: String, _ settings: JSONValue) throws(ConfigError) -> Regularizer? {
    guard ["l1", "l2", "l1l2", "l1_l2"].contains(name.lowercased()) else {
      throw ConfigError("there is no regularizer \"\(name)\". \(Suggestion.sentence(for: name, among: names))")
    }
    var reader = try ConfigReader(settings, of: name)
    let penalty = Regularizer(l1: try reader.float("l1", default: 0), l2: try reader.float("l2", default: 0))
    try reader.finish()
    guard penalty.l1 >= 0, penalty.l2 >= 0 else {
      throw ConfigError("expected penalties that are not negative, found l1 \(penalty.l1) and l2 \(penalty.l2)")
    }
    return penalty == Regularizer() ? nil : penalty
  }

  /// Keras' `{"class_name": …, "config": {…}}`.
  public var config: JSONValue {
    func number(_ value: Float) -> JSONValue { .number(Double("\(value)") ?? Double(value)) }
    if l1 == 0 { return ["class_name": "L2", "config": ["l2": number(l2)]] }
    if l2 == 0 { return ["class_name": "L1", "config": ["l1": number(l1)]] }
    return ["class_name": "L1L2", "config": ["l1": number(l1), "l2": number(l2)]]
  }
}
