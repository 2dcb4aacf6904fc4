public import JSON
public import Layers
public import Tensors

/// What training makes small: a number for the outputs of a batch and its slope.
///
/// A loss of a batch is the mean over its samples (Keras' reduction `sum_over_batch_size`), so that the learning rate does
/// not depend on the batch size. Sums run in `Double` and in the order of the samples.
public protocol Loss: Hashable, Sendable {
  /// Keras' name: `categorical_crossentropy`.
  static var name: String { get }

  /// Reads the settings in Keras' keys; `name` is passed over.
  init(config: JSONValue) throws(ConfigError)

  /// The settings, with `name`, as `LossRegistry` reads them.
  var config: JSONValue { get }

  /// Whether the outputs are logits: numbers to which softmax or sigmoid has not been applied.
  var fromLogits: Bool { get }

  /// Says in words why a model's output (the shape of one sample) and the targets do not go together.
  func check(output: Shape, targets: Targets) throws(ConfigError)

  /// The loss of `outputs` `[samples, units]`, and its gradient with respect to them.
  func evaluate(_ outputs: Tensor, _ targets: Targets) -> LossValue
}

extension Loss {
  public var fromLogits: Bool { false }

  /// The loss of `outputs` alone.
  public func callAsFunction(_ outputs: Tensor, _ targets: Targets) -> Double { evaluate(outputs, targets).mean }

  /// Keras' name.
  public var name: String { Self.name }

  /// Checks that an output is a vector.
  func checkVector(_ output: Shape) throws(ConfigError) {
    guard output.rank == 1 else {
      throw ConfigError(
        key: "loss",
        "\(Self.name) takes a vector for each sample, but the model puts out \(output). End it with "
          + "GlobalAveragePooling2D or Flatten and a Dense layer.")
    }
  }
}

/// The mean loss over a batch and its gradient with respect to the model's outputs.
public struct LossValue: Sendable {
  public let mean: Double
  /// Of the outputs' shape.
  public let gradient: Tensor

  public init(mean: Double, gradient: Tensor) {
    self.mean = mean
    self.gradient = gradient
  }
}
