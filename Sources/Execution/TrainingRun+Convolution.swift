internal import Kernels
internal import Layers
internal import Tensors

/// A convolution with its bias and activation, and the way back: the activation and the bias' sums in one pass over the
/// gradient, then the kernel's gradient, for which the image is made again if it was not kept, and last the image's.
func convolution(
  _ geometry: ConvolutionGeometry, _ image: TrainingRun.Value, _ numbers: [Tensor],
  _ activation: NormalizedActivation, _ step: TrainingStep, on device: Device
) -> (output: Tensor, remake: (() -> Tensor)?, pullback: (consuming Tensor) -> LayerGradients) {
  let kernel = numbers[0]
  func convolved(_ image: Tensor) -> Tensor {
    device.convolution(
      image, kernel, geometry, epilogue: Epilogue(bias: numbers.dropFirst().first, activation: activation.fused))
  }
  let output = convolved(image.tensor)
  let pullback = convolutionPullback(image, output, numbers, activation, step, on: device) { image, gradient in
    device.convolutionKernelGradient(image, gradient, geometry)
  } inputGradient: { gradient in
    device.convolutionInputGradient(gradient, kernel, geometry)
  }
  let kept = step.isRemade ? image.kept : nil
  return (output, kept.map { kept in { convolved(kept()) } }, pullback)
}

/// The same over each channel by itself.
func depthwise(
  _ window: Window, _ image: TrainingRun.Value, _ numbers: [Tensor], _ activation: NormalizedActivation,
  _ step: TrainingStep, on device: Device
) -> (output: Tensor, pullback: (consuming Tensor) -> LayerGradients) {
  let kernel = numbers[0]
  let output = device.depthwiseConvolution(
    image.tensor, kernel, window, epilogue: Epilogue(bias: numbers.dropFirst().first, activation: activation.fused))
  let pullback = convolutionPullback(image, output, numbers, activation, step, on: device) { image, gradient in
    device.depthwiseConvolutionKernelGradient(image, gradient, window)
  } inputGradient: { gradient in
    device.depthwiseConvolutionInputGradient(gradient, kernel, window)
  }
  return (output, pullback)
}

private func convolutionPullback(
  _ image: TrainingRun.Value, _ output: Tensor, _ numbers: [Tensor], _ activation: NormalizedActivation,
  _ step: TrainingStep, on device: Device, kernelGradient: @escaping (Tensor, Tensor) -> Tensor,
  inputGradient: @escaping (Tensor) -> Tensor
) -> (consuming Tensor) -> LayerGradients {
  let isTrained = step.needs.contains(.parameters)
  var kept = isTrained ? image.kept : nil
  var known = activation == .linear ? nil : output
  return { dOutput in
    var gradient = dOutput
    let dBias = device.takeBack(
      &gradient, throughOutput: known, activation, summing: isTrained && numbers.count > 1)
    known = nil
    let dKernel = kept.map { kernelGradient($0(), gradient) }
    // The image's memory is free for its gradient, unless somebody else needs it.
    kept = nil
    return LayerGradients(
      inputs: [step.inputNeeds[0] ? inputGradient(gradient) : nil],
      parameters: numbers.count > 1 ? [dKernel, dBias] : [dKernel])
  }
}
