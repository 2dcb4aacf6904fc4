import JSON
import Layers

/// A running average of the weights, which is evaluated and kept in the place of the weights themselves: Keras' `use_ema`.
///
/// - Formula: after each batch `average = momentum · average + (1 − momentum) · w`, with `w` itself after the first step
///   ([Polyak & Juditsky 1992](https://doi.org/10.1137/0330046)).
///
/// As in Keras training goes on with the weights themselves, unless `ema_overwrite_frequency` says after how many steps they
/// become the average, and in the end the model gets the average. Unlike in Keras, where only a callback (`SwapEMAWeights`)
/// does so, the validation data judge the average from the first epoch on: that is the model which is kept.
public struct WeightAveraging: Hashable, Sendable {
  public var momentum: Float = 0.99
  /// After how many steps the weights become their average; nil for never.
  public var overwriteFrequency: Int?

  public init(momentum: Float = 0.99, overwriteFrequency: Int? = nil) {
    self.momentum = momentum
    self.overwriteFrequency = overwriteFrequency
  }

  /// Reads `use_ema`, `ema_momentum`, `ema_overwrite_frequency`; nil if no average is asked for.
  init?(_ reader: inout ConfigReader) throws(ConfigError) {
    let isUsed = try reader.bool("use_ema", default: false)
    momentum = try reader.share("ema_momentum", default: 0.99)
    if reader.value("ema_overwrite_frequency") != nil {
      overwriteFrequency = try reader.positive("ema_overwrite_frequency")
    }
    if !isUsed { return nil }
  }

  var members: OrderedDictionary<String, JSONValue> {
    var members: OrderedDictionary<String, JSONValue> = ["use_ema": true, "ema_momentum": .shortest(momentum)]
    if let overwriteFrequency { members["ema_overwrite_frequency"] = .integer(overwriteFrequency) }
    return members
  }
}
