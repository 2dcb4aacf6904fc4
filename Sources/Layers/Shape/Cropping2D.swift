public import JSON
public import Kernels
public import Tensors

/// Takes rows and columns away at the sides of an image.
///
/// - Input: `[batch, height, width, channels]`
/// - Output: `[batch, height − top − bottom, width − left − right, channels]`
public struct Cropping2D: UnaryLayer {
  public static let kind = "Cropping2D"

  public var cropping: Margins

  public init(cropping: Margins = Margins(0)) { self.cropping = cropping }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    cropping = try Margins(config: reader.value("cropping") ?? 0, key: "cropping")
    try reader.finish()
  }

  public var config: JSONValue { ["cropping": cropping.config, "data_format": "channels_last"] }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    let (height, width, channels) = try input.image(for: Self.kind)
    let rows = height - cropping.top - cropping.bottom
    let columns = width - cropping.left - cropping.right
    guard rows > 0, columns > 0 else {
      throw ShapeError(
        "cropping \(cropping.top) + \(cropping.bottom) rows and \(cropping.left) + \(cropping.right) columns leaves "
          + "nothing of an image of \(Size(height, width))")
    }
    return [rows, columns, channels]
  }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    device.cropped(input, cropping)
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let device = context.device
    return Evaluation(output: self(input, parameters, on: device), in: context) { [cropping] dOutput in
      device.padded(dOutput, cropping)
    }
  }
}
