internal import JSON
public import Kernels
public import Tensors

/// What all convolutions have in common: a window that slides over an image, and an activation at the end.
public protocol ConvolutionLayer: UnaryLayer {
  /// Height and width of the window.
  var kernelSize: Size { get }
  /// How far the window moves.
  var strides: Size { get }
  var padding: Padding { get }
  /// The distance of neighbouring taps: 1 for a window without holes.
  var dilationRate: Size { get }
  var activation: ActivationFunction { get }
  var usesBias: Bool { get }
}

extension ConvolutionLayer {
  /// How the window lies over an image of the shape `[height, width, channels]`; nil if it does not fit.
  public func window(for input: Shape) -> Window? {
    guard input.rank == 3, input.dimensions.allSatisfy({ $0 > 0 }) else { return nil }
    return Window(
      inputHeight: input[0], inputWidth: input[1], kernelHeight: kernelSize.height, kernelWidth: kernelSize.width,
      strideHeight: strides.height, strideWidth: strides.width, dilationHeight: dilationRate.height,
      dilationWidth: dilationRate.width, padding: padding.window)
  }

  /// The window over an image, or an error that says why there is none.
  func checkedWindow(for input: Shape) throws(ShapeError) -> Window {
    let image = try input.image(for: Self.kind)
    guard let window = window(for: input) else {
      let holes = dilationRate == Size(1, 1) ? "" : " with dilation \(dilationRate)"
      throw ShapeError(
        "a window of \(kernelSize)\(holes) does not fit into an image of \(Size(image.height, image.width)); use a larger "
          + "image or padding \"same\"")
    }
    return window
  }

  /// The window over images of a shape that `outputShape` has accepted.
  func window(over images: Tensor) -> Window {
    guard let window = window(for: images.shape.sample) else {
      preconditionFailure("\(self) cannot take \(images.shape); outputShape says so")
    }
    return window
  }
}

/// The settings of `ConvolutionLayer`, as they stand in a configuration.
struct ConvolutionSettings {
  let kernelSize: Size
  let strides: Size
  let padding: Padding
  let dilationRate: Size
  let activation: ActivationFunction
  let usesBias: Bool
  let biasInitializer: Initializer
  let biasRegularizer: Regularizer?

  init(_ reader: inout ConfigReader) throws(ConfigError) {
    kernelSize = try reader.size("kernel_size")
    strides = try reader.size("strides", default: Size(1, 1))
    padding = try reader.choice("padding", default: .valid)
    dilationRate = try reader.size("dilation_rate", default: Size(1, 1))
    activation = try reader.activation()
    usesBias = try reader.bool("use_bias", default: true)
    biasInitializer = try reader.initializer("bias_initializer", default: .zeros)
    biasRegularizer = try reader.regularizer("bias_regularizer")
    guard strides == Size(1, 1) || dilationRate == Size(1, 1) else {
      throw ConfigError(
        key: "dilation_rate",
        "a stride and a dilation above 1 do not go together, in Keras either: "
          + "strides \(strides), dilation \(dilationRate)")
    }
  }
}

extension Size {
  /// `[height, width]`
  var config: JSONValue { [.integer(height), .integer(width)] }
}
