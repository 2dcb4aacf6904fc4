public import JSON
public import Layers

/// The same learning rate throughout. In recipes a number stands for it.
public struct ConstantRate: Schedule {
  public static let name = "constant"

  public var learningRate: Double

  public init(_ learningRate: Double) { self.learningRate = learningRate }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    learningRate = try reader.rate("learning_rate")
    try reader.finish()
  }

  public var config: JSONValue { .number(learningRate) }

  public func rate(at position: SchedulePosition) -> Double { learningRate }
}
