public import Kernels
public import Tensors

/// The sum of its inputs: where the two branches of a residual block meet.
///
/// - Inputs: two or more, of one shape or of shapes that can be repeated to one
/// - Output: their common shape
///
/// `y = x₁ + x₂ + …`; each input receives the whole gradient, which is why deep residual networks can be trained.
/// See [Deep Residual Learning](https://arxiv.org/abs/1512.03385).
public struct Add: MergingLayer {
  public static let kind = "Add"

  public init() {}

  public func callAsFunction(_ inputs: [Tensor], _ parameters: [Tensor], on device: Device) -> Tensor {
    joined(inputs, device.add)
  }

  public func evaluate(_ inputs: consuming [Tensor], _ parameters: [Tensor], in context: Context) -> Evaluation {
    let shapes = inputs.map(\.shape.sample)
    let output = self(inputs, parameters, on: context.device)
    return Evaluation(output: output, inputCount: shapes.count, in: context) { dOutput in
      shapes.map { dOutput.summed(to: $0) }
    }
  }
}
