public import JSON
public import Kernels
public import Tensors

/// Makes an image a whole number of times larger.
///
/// - Input: `[batch, height, width, channels]`
/// - Output: `[batch, height · size.height, width · size.width, channels]`
///
/// `nearest` repeats every pixel; `bilinear` goes linearly from centre to centre.
public struct UpSampling2D: UnaryLayer {
  public static let kind = "UpSampling2D"

  public enum Interpolation: String, CaseIterable, Hashable, Sendable {
    case nearest
    case bilinear
  }

  /// The factors for rows and columns.
  public var size: Size
  public var interpolation: Interpolation

  public init(size: Size = Size(2, 2), interpolation: Interpolation = .nearest) {
    self.size = size
    self.interpolation = interpolation
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    size = try reader.size("size", default: Size(2, 2))
    interpolation = try reader.choice("interpolation", default: .nearest)
    try reader.finish()
  }

  public var config: JSONValue {
    ["size": size.config, "data_format": "channels_last", "interpolation": .string(interpolation.rawValue)]
  }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    let (height, width, channels) = try input.image(for: Self.kind)
    let (rows, columns) = (
      height.multipliedReportingOverflow(by: size.height), width.multipliedReportingOverflow(by: size.width)
    )
    guard !rows.overflow, !columns.overflow, max(rows.partialValue, columns.partialValue) <= Int32.max else {
      throw ShapeError("\(Self.kind) by \(size) makes an image of \(Size(height, width)) too large")
    }
    return [rows.partialValue, columns.partialValue, channels]
  }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    let (rows, columns) = taps(for: input.shape)
    return device.resampled(input, rows: rows, columns: columns)
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let device = context.device
    let (rows, columns) = taps(for: input.shape)
    return Evaluation(output: device.resampled(input, rows: rows, columns: columns), in: context) { dOutput in
      device.resampled(dOutput, rows: rows.transposed, columns: columns.transposed)
    }
  }

  private func taps(for images: Shape) -> (rows: ResamplingTaps, columns: ResamplingTaps) {
    switch interpolation {
    case .nearest: (.nearest(images[1], factor: size.height), .nearest(images[2], factor: size.width))
    case .bilinear: (.bilinear(images[1], factor: size.height), .bilinear(images[2], factor: size.width))
    }
  }
}
