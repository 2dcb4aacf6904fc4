public import JSON
public import Kernels
public import Tensors

/// Multiplies by a constant and adds one: pixels to the range that a network was trained with.
///
/// - Input, output: `[batch, …, channels]`
///
/// `y = x · scale + offset`, with one number for all channels or one per channel.
public struct Rescaling: UnaryLayer {
  public static let kind = "Rescaling"

  /// One number for all channels or one per channel.
  public let scale: [Float]
  /// One number for all channels or one per channel.
  public let offset: [Float]

  public init(scale: Float, offset: Float = 0) { self.init(scale: [scale], offset: [offset]) }

  /// - Precondition: neither list is empty.
  public init(scale: [Float], offset: [Float]) {
    precondition(!scale.isEmpty && !offset.isEmpty, "a scale and an offset are needed")
    self.scale = scale
    self.offset = offset
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    guard let scale = try reader.floats("scale") else {
      throw ConfigError(key: "scale", "\(Self.kind) needs the setting \"scale\"")
    }
    self.scale = scale
    offset = try reader.floats("offset") ?? [0]
    try reader.finish()
  }

  public var config: JSONValue { ["scale": .floats(scale), "offset": .floats(offset)] }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    for (name, values) in [("scale", scale), ("offset", offset)] where values.count > 1 {
      guard input.rank > 0, input[-1] == values.count else {
        throw ShapeError("\(name) has \(values.count) numbers, but the input \(input) has not as many channels")
      }
    }
    return input
  }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    let channels = input.shape.rank > 1 ? input.shape[-1] : 1
    return device.scaleAndShift(
      input, scale: .perChannel(scale, channels), shift: .perChannel(offset, channels))
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let device = context.device
    let scale = Tensor.perChannel(scale, input.shape.rank > 1 ? input.shape[-1] : 1)
    return Evaluation(output: self(input, parameters, on: device), in: context) { dOutput in
      device.scaleAndShift(dOutput, scale: scale, shift: Tensor(zeros: scale.shape))
    }
  }
}

extension Tensor {
  /// One number for each of `count` channels, from one for all or one for each.
  static func perChannel(_ values: [Float], _ count: Int) -> Tensor {
    values.count == 1 ? Tensor(repeating: values[0], [count]) : Tensor([count], values)
  }
}
