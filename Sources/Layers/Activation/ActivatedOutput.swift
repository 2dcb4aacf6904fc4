internal import Kernels
internal import Tensors

/// An output behind an activation, with no more than what the way back through the activation needs.
struct ActivatedOutput: Sendable {
  let output: Tensor
  private let function: ActivationFunction
  /// The activation's input or its output, whichever its derivative is written in.
  private let kept: Tensor?

  /// Activates a tensor.
  init(_ function: ActivationFunction, of input: Tensor, on device: Device) {
    self.init(function, on: device) { fused in
      fused == .none ? input : device.activate(input, function)
    }
  }

  /// Computes a layer's linear part and activates it, in one go where the input of the activation need not be kept.
  init(_ function: ActivationFunction, on device: Device, linear: (FusedActivation) -> Tensor) {
    self.function = function
    switch function.gradientNeeds {
    case .nothing:
      kept = nil
      output = linear(.none)
    case .output:
      output = Self.output(function, on: device, linear: linear)
      kept = output
    case .input:
      let input = linear(.none)
      kept = input
      output = device.activate(input, function)
    }
  }

  /// The output alone: what inference computes.
  static func output(_ function: ActivationFunction, on device: Device, linear: (FusedActivation) -> Tensor) -> Tensor {
    guard let fused = FusedActivation(function) else { return device.activate(linear(.none), function) }
    return linear(fused)
  }

  /// The gradient with respect to the input of the activation.
  func gradient(_ dOutput: Tensor, on device: Device) -> Tensor {
    switch function.gradientNeeds {
    case .nothing: dOutput
    case .output: device.activationGradient(dOutput, input: nil, output: kept, function)
    case .input: device.activationGradient(dOutput, input: kept, output: nil, function)
    }
  }
}
