public import Kernels
public import Tensors

/// The mean of its inputs.
///
/// - Inputs: two or more, of one shape or of shapes that can be repeated to one
/// - Output: their common shape
///
/// `y = (x₁ + … + xₙ) / n`.
public struct Average: MergingLayer {
  public static let kind = "Average"

  public init() {}

  public func callAsFunction(_ inputs: [Tensor], _ parameters: [Tensor], on device: Device) -> Tensor {
    device.scaled(joined(inputs, device.add), by: 1 / Float(inputs.count))
  }

  public func evaluate(_ inputs: consuming [Tensor], _ parameters: [Tensor], in context: Context) -> Evaluation {
    let shapes = inputs.map(\.shape.sample)
    let device = context.device
    return Evaluation(
      output: self(inputs, parameters, on: device), inputCount: shapes.count, in: context
    ) { dOutput in
      let share = device.scaled(dOutput, by: 1 / Float(shapes.count))
      return shapes.map { share.summed(to: $0) }
    }
  }
}
