public import Kernels
public import Tensors

/// The difference of two inputs.
///
/// - Inputs: two, of one shape or of shapes that can be repeated to one
/// - Output: their common shape
///
/// `y = x₁ − x₂`.
public struct Subtract: MergingLayer {
  public static let kind = "Subtract"

  public init() {}

  public func outputShape(for inputs: [Shape]) throws(ShapeError) -> Shape {
    guard inputs.count == 2 else { throw ShapeError("\(Self.kind) takes two inputs, not \(inputs.count)") }
    return try Broadcasting.shape(of: inputs, in: Self.kind)
  }

  public func callAsFunction(_ inputs: [Tensor], _ parameters: [Tensor], on device: Device) -> Tensor {
    joined(inputs, device.subtract)
  }

  public func evaluate(_ inputs: consuming [Tensor], _ parameters: [Tensor], in context: Context) -> Evaluation {
    let shapes = inputs.map(\.shape.sample)
    let device = context.device
    return Evaluation(output: self(inputs, parameters, on: device), inputCount: 2, in: context) { dOutput in
      [dOutput.summed(to: shapes[0]), device.scaled(dOutput.summed(to: shapes[1]), by: -1)]
    }
  }
}
