internal import Tensors

extension Evaluation {
  /// The evaluation of a layer that trains nothing of its own.
  ///
  /// - Parameters:
  ///   - inputGradients: gives one gradient per input. It is kept, with all it captures, only if the context asks for it.
  init(
    output: Tensor, inputCount: Int, parameterCount: Int = 0, in context: Context,
    inputGradients: @escaping (consuming Tensor) -> [Tensor]
  ) {
    let parameters = [Tensor?](repeating: nil, count: parameterCount)
    if context.needs.contains(.inputs) {
      self.init(output: output) { LayerGradients(inputs: inputGradients($0), parameters: parameters) }
    } else {
      self.init(output: output) { _ in
        LayerGradients(inputs: Array(repeating: nil, count: inputCount), parameters: parameters)
      }
    }
  }

  /// The evaluation of a layer with one input that trains nothing of its own.
  init(
    output: Tensor, parameterCount: Int = 0, in context: Context,
    inputGradient: @escaping (consuming Tensor) -> Tensor
  ) {
    self.init(output: output, inputCount: 1, parameterCount: parameterCount, in: context) { [inputGradient($0)] }
  }
}
