internal import Kernels
internal import Layers
internal import Tensors

/// A convolution with its bias and activation, and the way back: the activation and the bias' sums in one pass over the
/// gradient, then the gradients of kernel and image.
func convolved(
  _ image: SampleParts, _ convolution: SampleConvolution, _ numbers: [Tensor], _ activation: NormalizedActivation,
  _ step: TrainingStep, on device: Device, sumsBelow: GradientSums?
) -> StepOutput {
  let kernel = numbers[0]
  let output = device.convolution(
    image, kernel, convolution, bias: numbers.dropFirst().first, activation: activation.fused)
  let isTrained = !step.trained.isEmpty
  let known = KnownGradient()
  // The closure lets go of both before the image's gradient needs memory.
  var kept = isTrained ? image : nil
  var shown = activation == .linear ? nil : output
  return StepOutput(value: .tensor(output), sums: nil, known: known) { dOutput in
    var gradient = dOutput
    let dBias = device.takeBack(
      &gradient, throughOutput: shown.take(), activation, summing: isTrained && numbers.count > 1)
    let found = device.convolutionGradients(
      kept.take(), .tensor(gradient), kernel, convolution, needsImage: step.inputNeeds[0],
      adding: known.take(), for: sumsBelow)
    return LayerGradients(
      inputs: [found.image], parameters: numbers.count > 1 ? [found.kernel, dBias] : [found.kernel])
  }
}
