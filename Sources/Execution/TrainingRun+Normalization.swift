internal import Kernels
internal import Layers
internal import Tensors

/// What a fused normalisation makes.
struct NormalizedOutput {
  let output: Tensor
  let statistics: [Tensor]
  /// Makes the output again; nil where it is kept.
  let remake: (() -> Tensor)?
  let pullback: (consuming Tensor) -> LayerGradients
}

/// Batch normalisation, the addition of a residual if there is one, and an activation.
func normalization(
  _ layer: BatchNormalization, _ inputs: [TrainingRun.Value], _ numbers: [Tensor], _ activation: NormalizedActivation,
  _ mode: Context.Mode, _ step: TrainingStep, on device: Device
) -> NormalizedOutput {
  let x = inputs[0].tensor
  let residual = inputs.count > 1 ? inputs[1].tensor : nil
  let channels: NormalizedChannels
  var statistics: [Tensor] = []
  switch mode {
  case .training: (channels, statistics) = layer.channels(numbers, moments: device.channelMoments(x))
  case .inference: channels = layer.channels(numbers)
  }
  let output = device.normalized(x, channels, residual: residual, activation: activation.fused)
  let back = NormalizationPullback(
    layer: layer, channels: channels, activation: activation, isFixed: mode == .inference, step: step, device: device)
  let input = inputs[0].kept
  var kept: (() -> Tensor)? = input
  // Behind a sum the activation's input is not known any more, but its output tells as much.
  var shown = residual != nil && activation != .linear ? output : nil
  return NormalizedOutput(
    output: output, statistics: statistics,
    remake: step.isRemade ? { device.normalized(input(), channels, activation: activation.fused) } : nil
  ) { dOutput in
    let (makeInput, output) = (kept.take(), shown.take())
    guard let makeInput else { preconditionFailure("a pullback runs once") }
    return back(dOutput, makeInput(), output)
  }
}

/// The way back through a fused normalisation.
private struct NormalizationPullback {
  let layer: BatchNormalization
  let channels: NormalizedChannels
  let activation: NormalizedActivation
  /// Whether the statistics are the moving ones.
  let isFixed: Bool
  let step: TrainingStep
  let device: Device

  /// - Parameters:
  ///   - x: what was normalised.
  ///   - output: the activation's, where something was added before it.
  func callAsFunction(_ dOutput: consuming Tensor, _ x: Tensor, _ output: Tensor?) -> LayerGradients {
    var gradient = consume dOutput
    let isTrained = step.needs.contains(.parameters)
    let needsResidual = step.inputs.count > 1 && step.inputNeeds[1]
    let needsInput = step.inputNeeds[0]
    // A residual gets the gradient in front of the activation; without one nobody needs it by itself.
    let separates = step.inputs.count > 1 && activation != .linear
    let isSummed = isTrained || (needsInput && !isFixed)
    let scalesAtOnce = isFixed && needsInput && !needsResidual
    let result: NormalizationResult = scalesAtOnce ? .scaled : separates ? .gradient : .nothing
    let found = device.takeBack(
      &gradient, through: x, output: output, channels, activation, writing: result, summing: isSummed)
    let dResidual = needsResidual ? gradient : nil
    var dInput: Tensor?
    if scalesAtOnce {
      dInput = gradient
    } else if needsInput, isFixed {
      dInput = device.scaleAndShift(gradient, scale: channels.scale, shift: Tensor(zeros: channels.scale.shape))
    } else if needsInput, let found {
      let terms = layer.inputGradientTerms(
        channels, sums: found.sums, products: found.products, count: x.count / x.shape[-1])
      device.normalizationGradient(
        &gradient, of: x, channels, separates ? .linear : activation, constant: terms.constant, slope: terms.slope)
      dInput = gradient
    }
    let parameters = layer.inOrder(isTrained ? found?.products : nil, isTrained ? found?.sums : nil)
    return LayerGradients(inputs: step.inputs.count > 1 ? [dInput, dResidual] : [dInput], parameters: parameters)
  }
}
