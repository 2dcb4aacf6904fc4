public import JSON
public import Layers

/// A loss without settings: its name says all.
public protocol PlainLoss: Loss {
  init()
}

extension PlainLoss {
  public init(config: JSONValue) throws(ConfigError) {
    let reader = try ConfigReader(config, of: Self.name)
    try reader.finish()
    self.init()
  }

  public var config: JSONValue { ["name": .string(Self.name)] }
}
