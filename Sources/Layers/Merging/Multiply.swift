public import Kernels
public import Tensors

/// The product of its inputs: one branch weighs the other.
///
/// - Inputs: two or more, of one shape or of shapes that can be repeated to one: `[height, width, channels]` times
///   `[1, 1, channels]` weighs channels
/// - Output: their common shape
///
/// `y = x₁ · x₂ · …`; the gradient of an input is that of the output times the product of the other inputs.
/// See [Squeeze-and-Excitation Networks](https://arxiv.org/abs/1709.01507).
public struct Multiply: MergingLayer {
  public static let kind = "Multiply"

  public init() {}

  public func callAsFunction(_ inputs: [Tensor], _ parameters: [Tensor], on device: Device) -> Tensor {
    joined(inputs, device.multiply)
  }

  public func evaluate(_ inputs: consuming [Tensor], _ parameters: [Tensor], in context: Context) -> Evaluation {
    let factors = inputs
    let device = context.device
    let output = self(factors, parameters, on: device)
    return Evaluation(output: output, inputCount: factors.count, in: context) { dOutput in
      factors.indices.map { index in
        let others = factors.indices.filter { $0 != index }.map { factors[$0] }
        return joined([dOutput] + others, device.multiply).summed(to: factors[index].shape.sample)
      }
    }
  }
}
