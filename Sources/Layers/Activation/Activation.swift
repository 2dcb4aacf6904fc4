public import JSON
public import Kernels

/// Applies an activation function by Keras' name.
///
/// - Input and output: any shape; softmax runs over the last axis
public struct Activation: ActivationLayer {
  public static let kind = "Activation"

  public var function: ActivationFunction

  public init(_ function: ActivationFunction) { self.function = function }
}

extension Activation {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    guard reader.value("activation") != nil else { throw ConfigError(key: "activation", "Activation needs a function") }
    self.init(try reader.activation())
    try reader.finish()
  }

  public var config: JSONValue { ["activation": function.config] }
}
