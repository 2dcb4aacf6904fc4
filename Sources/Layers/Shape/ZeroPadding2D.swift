public import JSON
public import Kernels
public import Tensors

/// Puts rows and columns of zeros around an image.
///
/// - Input: `[batch, height, width, channels]`
/// - Output: `[batch, top + height + bottom, left + width + right, channels]`
///
/// MobileNet pads `((0, 1), (0, 1))` in front of its strided convolutions: with an even image that is what TensorFlow's
/// `same` does, and not what symmetric padding would do.
public struct ZeroPadding2D: UnaryLayer {
  public static let kind = "ZeroPadding2D"

  public var padding: Margins

  public init(padding: Margins = Margins(1)) { self.padding = padding }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    padding = try Margins(config: reader.value("padding") ?? 1, key: "padding")
    try reader.finish()
  }

  public var config: JSONValue { ["padding": padding.config, "data_format": "channels_last"] }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    let (height, width, channels) = try input.image(for: Self.kind)
    return [padding.top + height + padding.bottom, padding.left + width + padding.right, channels]
  }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    device.padded(input, padding)
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let device = context.device
    return Evaluation(output: self(input, parameters, on: device), in: context) { [padding] dOutput in
      device.cropped(dOutput, padding)
    }
  }
}
