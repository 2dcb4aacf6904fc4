public import Kernels
public import Tensors

/// A layer with exactly one input.
public protocol UnaryLayer: Layer {
  func outputShape(for input: Shape) throws(ShapeError) -> Shape
  func parameterSpecs(for input: Shape) -> [ParameterSpec]
  func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor
  func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation
  func multiplyAdds(for input: Shape) -> Int
}

extension UnaryLayer {
  public func parameterSpecs(for input: Shape) -> [ParameterSpec] { [] }

  public func multiplyAdds(for input: Shape) -> Int { 0 }

  public func outputShape(for inputs: [Shape]) throws(ShapeError) -> Shape {
    guard inputs.count == 1 else { throw ShapeError("\(Self.kind) takes one input, not \(inputs.count)") }
    return try outputShape(for: inputs[0])
  }

  public func parameterSpecs(for inputs: [Shape]) -> [ParameterSpec] { parameterSpecs(for: inputs[0]) }

  public func multiplyAdds(for inputs: [Shape]) -> Int { multiplyAdds(for: inputs[0]) }

  public func callAsFunction(_ inputs: [Tensor], _ parameters: [Tensor], on device: Device) -> Tensor {
    self(inputs[0], parameters, on: device)
  }

  public func evaluate(_ inputs: consuming [Tensor], _ parameters: [Tensor], in context: Context) -> Evaluation {
    let input = inputs.removeLast()
    return evaluate(input, parameters, in: context)
  }
}
