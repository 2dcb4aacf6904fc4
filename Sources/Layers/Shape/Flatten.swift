public import JSON
public import Kernels
public import Tensors

/// Makes one vector of each sample, in the order height, width, channel.
///
/// - Input: `[batch, …]`
/// - Output: `[batch, product of the other extents]`
///
/// A `Dense` layer behind it has as many weights as the image has places, so the image's size is fixed from there on;
/// `GlobalAveragePooling2D` leaves it open.
public struct Flatten: UnaryLayer {
  public static let kind = "Flatten"

  public init() {}

  public init(config: JSONValue) throws(ConfigError) {
    let reader = try ConfigReader(config, of: Self.kind)
    try reader.finish()
  }

  public var config: JSONValue { ["data_format": "channels_last"] }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape { [input.elementCount] }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    input.reshaped(to: [input.shape[0], input.shape.sample.elementCount])
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let shape = input.shape
    return Evaluation(output: self(input, parameters, on: context.device), in: context) { dOutput in
      dOutput.reshaped(to: shape)
    }
  }
}
