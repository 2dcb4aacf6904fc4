public import JSON
public import Kernels
public import Tensors

/// Scales each channel by a trained factor that starts near zero, so that a deep residual network begins as almost nothing
/// but its shortcuts.
///
/// - Input and output: `[batch, …, projectionDim]`
/// - Parameters: `gamma` `[projectionDim]`
///
/// `y = gamma · x`. See [Going deeper with Image Transformers](https://arxiv.org/abs/2103.17239). ConvNeXt has it.
public struct LayerScale: UnaryLayer {
  public static let kind = "LayerScale"

  /// What every gamma starts with.
  public var initValues: Float
  /// The number of channels.
  public var projectionDim: Int

  /// - Precondition: there is at least one channel.
  public init(initValues: Float = 1e-6, projectionDim: Int) {
    precondition(projectionDim > 0, "no number of channels: \(projectionDim)")
    self.initValues = initValues
    self.projectionDim = projectionDim
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    self.init(
      initValues: try reader.float("init_values", default: 1e-6), projectionDim: try reader.positive("projection_dim"))
    try reader.finish()
  }

  public var config: JSONValue {
    ["init_values": .float(initValues), "projection_dim": .integer(projectionDim)]
  }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank > 0, input[-1] == projectionDim else {
      throw ShapeError("\(Self.kind) scales \(projectionDim) channels; \(input) has others")
    }
    return input
  }

  public func parameterSpecs(for input: Shape) -> [ParameterSpec] {
    [ParameterSpec("gamma", [projectionDim], initializer: .constant(initValues))]
  }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    device.scaleAndShift(input, scale: parameters[0], shift: Tensor(zeros: [projectionDim]))
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let (device, needs) = (context.device, context.needs)
    let (gamma, zeros) = (parameters[0], Tensor(zeros: [projectionDim]))
    let x = needs.contains(.parameters) ? input : nil
    return Evaluation(output: device.scaleAndShift(input, scale: gamma, shift: zeros)) { dOutput in
      LayerGradients(
        inputs: [needs.contains(.inputs) ? device.scaleAndShift(dOutput, scale: gamma, shift: zeros) : nil],
        parameters: [x.map { device.channelSumsOfProducts(dOutput, $0) }])
    }
  }
}
