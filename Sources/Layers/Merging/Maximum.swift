public import Kernels
public import Tensors

/// The largest of its inputs, element by element.
///
/// - Inputs: two or more, of one shape or of shapes that can be repeated to one
/// - Output: their common shape
///
/// `y = max(x₁, x₂, …)`. Backward the gradient goes to the input that was largest, of equals to the first, as in TensorFlow.
public struct Maximum: MergingLayer {
  public static let kind = "Maximum"

  public init() {}

  public func callAsFunction(_ inputs: [Tensor], _ parameters: [Tensor], on device: Device) -> Tensor {
    joined(inputs, device.maximum)
  }

  public func evaluate(_ inputs: consuming [Tensor], _ parameters: [Tensor], in context: Context) -> Evaluation {
    let candidates = inputs
    let output = self(candidates, parameters, on: context.device)
    return Evaluation(output: output, inputCount: candidates.count, in: context) { dOutput in
      dOutput.shares(ofWinners: output, among: candidates)
    }
  }
}

extension Tensor {
  /// This gradient, shared out among the inputs of a choice: each element goes to the first input that equals the winner there.
  func shares(ofWinners winners: Tensor, among inputs: [Tensor]) -> [Tensor] {
    var rest = self
    return inputs.map { input in
      var share = Tensor(zeros: rest.shape)
      let candidate = input.broadcast(to: rest.shape.sample)
      unsafe candidate.withUnsafeElements { candidate in
        unsafe winners.withUnsafeElements { winners in
          unsafe rest.withUnsafeMutableElements { rest in
            unsafe share.withUnsafeMutableElements { share in
              for i in 0..<rest.count where unsafe candidate[i] == winners[i] {
                unsafe share[i] = rest[i]
                unsafe rest[i] = 0
              }
            }
          }
        }
      }
      return share.summed(to: input.shape.sample)
    }
  }
}
