public import JSON
public import Kernels
public import Tensors

/// Turns the numbers along the last axis into probabilities.
///
/// - Input and output: `[batch, …, classes]`
///
/// `eˣⁱ / Σ eˣʲ`, computed with the largest number subtracted first, so that nothing overflows.
public struct Softmax: ActivationLayer {
  public static let kind = "Softmax"

  /// The axis, the batch's counting as 0. It must be the last; -1 is always that.
  public var axis: Int

  public init(axis: Int = -1) { self.axis = axis }

  public var function: ActivationFunction { .softmax }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank > 0, axis == -1 || axis == input.rank else {
      throw ShapeError("Softmax runs over the last axis, not over axis \(axis) of a batch of \(input)")
    }
    return input
  }
}

extension Softmax {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    self.init(axis: try reader.axis())
    try reader.finish()
  }

  public var config: JSONValue { ["axis": .integer(axis)] }
}

extension ConfigReader {
  /// One axis, -1 if not said: a number or, as tf.keras writes it, a list of one.
  mutating func axis() throws(ConfigError) -> Int {
    guard let value = value("axis") else { return -1 }
    let list = value.arrayValue ?? [value]
    guard list.count == 1, let axis = list[0].intValue else {
      throw ConfigError(key: "axis", "expected one axis, found \(value.text)")
    }
    return axis
  }
}
