public import JSON
package import Kernels
public import Tensors

/// A layer that slides a window over an image and puts one number per channel in its place.
public protocol WindowPooling: UnaryLayer {
  /// Height and width of the window.
  var poolSize: Size { get }
  /// How far the window moves.
  var strides: Size { get }
  /// What happens at the border.
  var padding: Padding { get }

  /// Without `strides` the windows tile the image, as in Keras.
  init(poolSize: Size, strides: Size?, padding: Padding)
}

extension WindowPooling {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    let poolSize = try reader.size("pool_size", default: Size(2, 2))
    let strides = try reader.size("strides", default: poolSize)
    // Keras 1 wrote "border_mode".
    let old: Padding = try reader.choice("border_mode", default: .valid)
    let padding = try reader.choice("padding", default: old)
    try reader.finish()
    self.init(poolSize: poolSize, strides: strides, padding: padding)
  }

  public var config: JSONValue {
    [
      "pool_size": [.integer(poolSize.height), .integer(poolSize.width)],
      "strides": [.integer(strides.height), .integer(strides.width)],
      "padding": .string(padding.rawValue),
      "data_format": "channels_last",
    ]
  }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    let (height, width, channels) = try input.image(for: Self.kind)
    guard let window = optionalWindow(height: height, width: width) else {
      throw ShapeError(
        "a window of \(poolSize) does not fit into an image of \(Size(height, width)); use larger images or padding \"same\""
      )
    }
    return [window.outputHeight, window.outputWidth, channels]
  }

  /// How the windows lie over images of a shape that `outputShape` accepts.
  package func window(for image: Shape) -> Window {
    guard let window = optionalWindow(height: image[0], width: image[1]) else {
      preconditionFailure("shapes are checked before a layer is called: \(Self.kind) of \(image)")
    }
    return window
  }

  private func optionalWindow(height: Int, width: Int) -> Window? {
    guard height > 0, width > 0 else { return nil }
    return Window(
      inputHeight: height, inputWidth: width, kernelHeight: poolSize.height, kernelWidth: poolSize.width,
      strideHeight: strides.height, strideWidth: strides.width, padding: padding.window)
  }
}
