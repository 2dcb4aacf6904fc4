public import JSON

/// A penalty on the size of a parameter that the loss carries: `l1·Σ|w| + l2·Σw²`, Keras' L1, L2 and L1L2.
public struct Regularizer: Hashable, Sendable {
  public var l1: Float
  public var l2: Float

  public init(l1: Float = 0, l2: Float = 0) {
    self.l1 = l1
    self.l2 = l2
  }

  /// Reads Keras' `{"class_name": "L2", "config": {"l2": 0.01}}`, or the names `"l1"`, `"l2"`, `"l1_l2"` (0.01 each).
  ///
  /// Null, or a penalty of nothing, is no regularizer.
  public static func reading(_ config: JSONValue) throws(ConfigError) -> Regularizer? {
    if config.isNull { return nil }
    if let name = config.stringValue {
      switch name.lowercased() {
      case "l1": return Regularizer(l1: 0.01)
      case "l2": return Regularizer(l2: 0.01)
      case "l1_l2", "l1l2": return Regularizer(l1: 0.01, l2: 0.01)
      default: throw ConfigError("there is no regularizer \"\(name)\". There is: l1, l2, l1_l2.")
      }
    }
    guard let kind = config["class_name"]?.stringValue, ["L1", "L2", "L1L2"].contains(kind) else {
      throw ConfigError("expected a regularizer L1, L2 or L1L2, found \(config["class_name"]?.text ?? config.kindName)")
    }
    let settings = config["config"] ?? [:]
    let penalty = Regularizer(
      l1: Float(settings["l1"]?.doubleValue ?? 0), l2: Float(settings["l2"]?.doubleValue ?? 0))
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
