public import JSON
public import Layers
public import Tensors

/// The same loss and arithmetic as `CategoricalCrossentropy`, by the name that Keras uses where targets are class indices.
///
/// Here targets are class indices with either name, and nobody has to match the two.
public struct SparseCategoricalCrossentropy: Loss {
  public static let name = "sparse_categorical_crossentropy"

  public var fromLogits = false

  public init(fromLogits: Bool = false) { self.fromLogits = fromLogits }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    fromLogits = try reader.bool("from_logits", default: false)
    try reader.finish()
  }

  public var config: JSONValue { ["name": .string(Self.name), "from_logits": .bool(fromLogits)] }

  public var takesProbabilities: Bool { !fromLogits }

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkClasses(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    crossentropy(outputs, targets, fromLogits: fromLogits, smoothing: 0, slopes: &slopes)
  }
}
