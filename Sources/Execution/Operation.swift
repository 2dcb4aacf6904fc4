internal import Kernels
internal import Layers
internal import Tensors

/// One step of a compiled model: a layer, or several fused into one, with its numbers packed for the kernels.
struct Operation: Sendable {
  enum Work: Sendable {
    case convolution(PackedKernel, ConvolutionGeometry)
    case depthwise(kernel: Tensor, Window)
    /// A matrix product over the last axis.
    case dense(PackedMatrix)
    case scaleAndShift(scale: Tensor, shift: Tensor)
    case activation(ActivationFunction)
    /// A layer as it is.
    case layer(any Layer, [Tensor])
  }

  var work: Work
  var bias: Tensor?
  var activation = FusedActivation.none
  /// The slots that are read. Where `addsResidual`, the second one is added before the activation.
  var inputs: [Int]
  var addsResidual = false
  var output: Int
  /// Slots that nobody reads after this step.
  var released: [Int] = []

  func callAsFunction(_ values: [Tensor], on device: Device) -> Tensor {
    let epilogue = Epilogue(bias: bias, residual: addsResidual ? values[1] : nil, activation: activation)
    switch work {
    case .convolution(let kernel, let geometry):
      return device.convolution(values[0], kernel, geometry, epilogue: epilogue)
    case .depthwise(let kernel, let window):
      return device.depthwiseConvolution(values[0], kernel, window, epilogue: epilogue)
    case .dense(let kernel):
      let shape = values[0].shape
      let rows = values[0].reshaped(to: [values[0].count / shape[-1], shape[-1]])
      let output = device.product(rows, kernel, epilogue: epilogue)
      return output.reshaped(to: Shape(shape.dimensions.dropLast() + [output.shape[-1]]))
    case .scaleAndShift(let scale, let shift):
      return device.scaleAndShift(values[0], scale: scale, shift: shift)
    case .activation(let function):
      return device.activate(values[0], function)
    case .layer(let layer, let parameters):
      return layer(values, parameters, on: device)
    }
  }
}
