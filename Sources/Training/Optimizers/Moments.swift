import JSON
import Layers

/// How fast the first two moments of a gradient forget, with Keras' keys and defaults: `beta_1`, `beta_2`, `epsilon`.
public struct Moments: Hashable, Sendable {
  public var beta1: Float = 0.9
  public var beta2: Float = 0.999
  public var epsilon: Float = 1e-7

  public init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-7) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  init(_ reader: inout ConfigReader) throws(ConfigError) {
    beta1 = try reader.share("beta_1", default: 0.9)
    beta2 = try reader.share("beta_2", default: 0.999)
    epsilon = try reader.share("epsilon", default: 1e-7, below: .infinity)
  }

  var members: OrderedDictionary<String, JSONValue> {
    ["beta_1": .shortest(beta1), "beta_2": .shortest(beta2), "epsilon": .shortest(epsilon)]
  }
}
