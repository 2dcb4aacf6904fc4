internal import Kernels
internal import Layers
internal import Tensors

/// A convolution with its bias, a ReLU and the largest number of each window, and the way back: through the ReLU while the image is
/// small, then to the places of the largest numbers.
func pooledConvolution(
  _ image: SampleParts, _ convolution: SampleConvolution, _ numbers: [Tensor], _ activation: NormalizedActivation,
  _ window: Window, _ step: TrainingStep, on device: Device, sumsBelow: GradientSums?
) -> StepOutput {
  let kernel = numbers[0]
  let (output, taps) = device.maxPooling(
    device.convolution(image, kernel, convolution, bias: numbers.dropFirst().first, activation: activation.fused),
    window)
  let isTrained = !step.trained.isEmpty
  let known = KnownGradient()
  // The closure lets go of these before the image's gradient needs memory.
  var kept = isTrained ? image : nil
  var (shown, indices) = (Optional(output), Optional(taps))
  return StepOutput(value: .tensor(output), sums: nil, known: known) { dOutput in
    var pooled = dOutput
    _ = device.takeBack(&pooled, throughOutput: shown.take(), activation, summing: false)
    guard let taps = indices.take() else { preconditionFailure("the way back is gone once") }
    let gradient = device.maxPoolingGradient(pooled, indices: taps, window)
    let dBias = isTrained && numbers.count > 1 ? device.channelSums(gradient) : nil
    let found = device.convolutionGradients(
      kept.take(), .tensor(gradient), kernel, convolution, needsImage: step.inputNeeds[0],
      adding: known.take(), for: sumsBelow)
    return LayerGradients(
      inputs: [found.image], parameters: numbers.count > 1 ? [found.kernel, dBias] : [found.kernel])
  }
}
