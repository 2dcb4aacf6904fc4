public import JSON

extension BatchNormalization {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    self.init(
      axis: try reader.axis(), momentum: try reader.float("momentum", default: 0.99),
      epsilon: try reader.float("epsilon", default: 0.001), center: try reader.bool("center", default: true),
      scale: try reader.bool("scale", default: true),
      gammaInitializer: try reader.initializer("gamma_initializer", default: .ones),
      betaInitializer: try reader.initializer("beta_initializer", default: .zeros),
      movingMeanInitializer: try reader.initializer("moving_mean_initializer", default: .zeros),
      movingVarianceInitializer: try reader.initializer("moving_variance_initializer", default: .ones),
      gammaRegularizer: try reader.regularizer("gamma_regularizer"),
      betaRegularizer: try reader.regularizer("beta_regularizer"))
    if try reader.bool("renorm", default: false) {
      throw ConfigError(key: "renorm", "batch renormalisation is not supported")
    }
    // How TensorFlow computes it, and Keras over several machines: not what is computed.
    reader.ignore("fused", "synchronized", "virtual_batch_size", "adjustment")
    try reader.finish()
    guard (0...1).contains(momentum) else {
      throw ConfigError(key: "momentum", "expected a number from 0 to 1, found \(momentum)")
    }
    guard epsilon >= 0 else { throw ConfigError(key: "epsilon", "expected 0 or more, found \(epsilon)") }
  }

  public var config: JSONValue {
    [
      "axis": .integer(axis), "momentum": .float(momentum), "epsilon": .float(epsilon), "center": .bool(center),
      "scale": .bool(scale), "beta_initializer": betaInitializer.config, "gamma_initializer": gammaInitializer.config,
      "moving_mean_initializer": movingMeanInitializer.config,
      "moving_variance_initializer": movingVarianceInitializer.config,
      "beta_regularizer": betaRegularizer?.config ?? nil, "gamma_regularizer": gammaRegularizer?.config ?? nil,
    ]
  }
}
