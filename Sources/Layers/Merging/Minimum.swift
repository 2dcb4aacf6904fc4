public import Kernels
public import Tensors

/// The smallest of its inputs, element by element.
///
/// - Inputs: two or more, of one shape or of shapes that can be repeated to one
/// - Output: their common shape
///
/// `y = min(x₁, x₂, …)`. Backward the gradient goes to the input that was smallest, of equals to the first, as in TensorFlow.
public struct Minimum: MergingLayer {
  public static let kind = "Minimum"

  public init() {}

  public func callAsFunction(_ inputs: [Tensor], _ parameters: [Tensor], on device: Device) -> Tensor {
    // min(x, y) = −max(−x, −y), exactly.
    device.scaled(joined(inputs.map { device.scaled($0, by: -1) }, device.maximum), by: -1)
  }

  public func evaluate(_ inputs: consuming [Tensor], _ parameters: [Tensor], in context: Context) -> Evaluation {
    let candidates = inputs
    let output = self(candidates, parameters, on: context.device)
    return Evaluation(output: output, inputCount: candidates.count, in: context) { dOutput in
      dOutput.shares(ofWinners: output, among: candidates)
    }
  }
}
