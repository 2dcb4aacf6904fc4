public import JSON
public import Kernels
public import Tensors

/// One kind of layer, configured: a value without numbers of its own. The model owns the parameters.
///
/// A layer states five facts: its kind, its shape rule, its parameters, inference, and evaluation (the output together with
/// the way back). Shapes in the rules are those of *one sample*: `[height, width, channels]` of an image, `[units]` of a
/// vector. The batch axis stands in front of every tensor, and no layer looks at it.
public protocol Layer: Sendable, Hashable {
  /// The Keras class name: `Conv2D`.
  static var kind: String { get }

  /// Reads a configuration in Keras' keys. Unknown keys are errors; those that Keras adds to every layer are passed over.
  init(config: JSONValue) throws(ConfigError)

  /// The configuration in Keras 3's keys, complete: `init(config: layer.config)` equals `layer`.
  ///
  /// Without `name`, `trainable` and `dtype`, which belong to the instance in a model.
  var config: JSONValue { get }

  /// The shape of one sample of the output.
  func outputShape(for inputs: [Shape]) throws(ShapeError) -> Shape

  /// The parameters, in the order in which Keras stores them. Called only with shapes that `outputShape` accepts.
  func parameterSpecs(for inputs: [Shape]) -> [ParameterSpec]

  /// The output in inference mode: batch normalisation on its moving statistics, dropout off.
  func callAsFunction(_ inputs: [Tensor], _ parameters: [Tensor], on device: Device) -> Tensor

  /// The output in the context's mode, with what backward needs.
  func evaluate(_ inputs: consuming [Tensor], _ parameters: [Tensor], in context: Context) -> Evaluation

  /// Multiply-adds of one sample. Zero for layers that do not multiply by parameters.
  func multiplyAdds(for inputs: [Shape]) -> Int
}

extension Layer {
  public func parameterSpecs(for inputs: [Shape]) -> [ParameterSpec] { [] }

  public func multiplyAdds(for inputs: [Shape]) -> Int { 0 }

  /// The Keras class name of this layer.
  public var kind: String { Self.kind }
}

/// Input shapes that a layer cannot take: what it expects, what it found.
public struct ShapeError: Error, Hashable, CustomStringConvertible {
  public var message: String

  public init(_ message: String) { self.message = message }

  public var description: String { message }
}

/// A configuration that cannot be read: at which key, and what was expected there.
public struct ConfigError: Error, Hashable, CustomStringConvertible {
  /// The key, with a path into it where the value has parts: `kernel_size[1]`. Empty for the configuration as a whole.
  public var key: String
  public var message: String

  public init(key: String = "", _ message: String) {
    self.key = key
    self.message = message
  }

  public var description: String { key.isEmpty ? message : "\(key): \(message)" }
}
