public import Kernels
public import Tensors

/// A layer that is nothing but an activation function.
///
/// - Input and output: any shape
///
/// Backward keeps the input or the output, whichever the function's derivative is written in, and only if needed.
public protocol ActivationLayer: UnaryLayer {
  var function: ActivationFunction { get }
}

extension ActivationLayer {
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    if function == .softmax, input.rank == 0 {
      throw ShapeError("\(Self.kind) takes softmax over an axis; there is none")
    }
    return input
  }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    device.activate(input, function)
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let device = context.device
    let activated = ActivatedOutput(function, of: input, on: device)
    return Evaluation(output: activated.output, in: context) { activated.gradient($0, on: device) }
  }
}
