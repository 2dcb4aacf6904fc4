public import JSON
public import Kernels
public import Tensors

/// The sum of a shortcut and a scaled residual: how InceptionResNetV2 keeps its residual blocks stable.
///
/// - Inputs: two of one shape, the shortcut and the residual
/// - Output: their common shape
///
/// `y = x₁ + scale · x₂`. See [Inception-v4, Inception-ResNet](https://arxiv.org/abs/1602.07261), section 3.3.
public struct CustomScaleLayer: Layer {
  public static let kind = "CustomScaleLayer"

  public var scale: Float

  public init(scale: Float) { self.scale = scale }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    scale = try reader.float("scale")
    try reader.finish()
  }

  public var config: JSONValue { ["scale": .float(scale)] }

  public func outputShape(for inputs: [Shape]) throws(ShapeError) -> Shape {
    guard inputs.count == 2, inputs[0] == inputs[1] else {
      throw ShapeError(
        "\(Self.kind) takes two inputs of one shape, not \(inputs.map(\.description).joined(separator: " and "))")
    }
    return inputs[0]
  }

  public func callAsFunction(_ inputs: [Tensor], _ parameters: [Tensor], on device: Device) -> Tensor {
    var sum = inputs[0]
    device.add(inputs[1], scaledBy: scale, to: &sum)
    return sum
  }

  public func evaluate(_ inputs: consuming [Tensor], _ parameters: [Tensor], in context: Context) -> Evaluation {
    let (device, scale) = (context.device, scale)
    let output = self(inputs, parameters, on: device)
    return Evaluation(output: output, inputCount: 2, in: context) { dOutput in
      [dOutput, device.scaled(dOutput, by: scale)]
    }
  }
}
