internal import Kernels
internal import Layers
internal import Tensors

/// A convolution if there is one, batch normalisation, the addition of a residual if there is one, and an activation.
///
/// What is normalised is kept for the way back; what comes out is not where the step says so: then its user makes it again, a
/// few images at a time.
struct TrainingNormalization {
  let convolution: SampleConvolution?
  let layer: BatchNormalization
  let activation: NormalizedActivation
  let mode: Context.Mode
  let step: TrainingStep
  let device: Device
  /// Of the step whose output is the image.
  let sumsBelow: GradientSums?

  /// - Returns: the output and the way back, and the statistics that moved.
  func callAsFunction(_ inputs: [SampleParts], _ numbers: [Tensor]) -> (made: StepOutput, statistics: [Tensor]) {
    let image = inputs[0]
    // Those of the normalisation come behind the convolution's.
    let own = Array(numbers.suffix(layer.parameterSpecs(for: image.shape.sample).count))
    let others = Array(numbers.dropLast(own.count))
    let (x, moments) = normalized(image, others, takingMoments: mode == .training)
    let residual = inputs.count > 1 ? inputs[1].whole(on: device) : nil
    let channels: NormalizedChannels
    var statistics: [Tensor] = []
    switch mode {
    case .training: (channels, statistics) = layer.channels(own, moments: moments ?? device.channelMoments(x))
    case .inference: channels = layer.channels(own)
    }
    let output: SampleParts =
      step.isRemade
      ? .normalized(x, channels, activation)
      : .tensor(device.normalized(x, channels, residual: residual, activation: activation.fused))
    // Behind a sum the activation's input is not known any more, but its output tells as much.
    var shown = residual != nil && activation != .linear ? output.whole(on: device) : nil
    var kept = step.dropsConvolved ? nil : x
    let ownSums = step.isSummedBehind ? GradientSums(of: x, output: shown, channels, activation) : nil
    let known = KnownGradient()
    let pullback: (consuming Tensor) -> LayerGradients = { dOutput in
      let x = kept.take() ?? normalized(image, others, takingMoments: false).x
      return back(dOutput, x, shown.take(), channels, image, others, ownSums?.take(), known)
    }
    return (
      StepOutput(value: output, sums: ownSums, known: convolution == nil ? nil : known, pullback: pullback), statistics
    )
  }

  /// What is normalised, and its moments if a convolution that made it could take them meanwhile.
  private func normalized(
    _ image: SampleParts, _ numbers: [Tensor], takingMoments: Bool
  ) -> (x: Tensor, moments: (mean: Tensor, variance: Tensor)?) {
    guard let convolution else { return (image.whole(on: device), nil) }
    let bias = numbers.dropFirst().first
    guard takingMoments else { return (device.convolution(image, numbers[0], convolution, bias: bias), nil) }
    let made = device.convolutionAndMoments(image, numbers[0], convolution, bias: bias)
    return (made.output, made.moments)
  }

  /// - Parameters:
  ///   - x: what was normalised.
  ///   - output: the activation's, where something was added before it.
  ///   - numbers: the convolution's.
  private func back(
    _ dOutput: consuming Tensor, _ x: Tensor, _ output: Tensor?, _ channels: NormalizedChannels, _ image: SampleParts,
    _ numbers: [Tensor], _ sums: (sums: Tensor, products: Tensor)?, _ known: KnownGradient
  ) -> LayerGradients {
    var gradient = consume dOutput
    let isFixed = mode == .inference
    let isConvolutionTrained = step.parameters.prefix(numbers.count).contains(where: step.trained.contains)
    let isTrained = step.parameters.dropFirst(numbers.count).contains(where: step.trained.contains)
    let needsResidual = step.inputs.count > 1 && step.inputNeeds[1]
    let needsOwn = step.inputNeeds[0] || isConvolutionTrained
    // A residual gets the gradient in front of the activation; without one nobody needs it by itself.
    let separates = step.inputs.count > 1 && activation != .linear
    let scalesAtOnce = isFixed && needsOwn && !needsResidual
    let found =
      sums
      ?? device.takeBack(
        &gradient, through: x, output: output, channels, activation,
        writing: scalesAtOnce ? .scaled : separates ? .gradient : .nothing,
        summing: isTrained || isConvolutionTrained || (needsOwn && !isFixed))
    let dResidual = needsResidual ? gradient : nil
    var dNormalized: SampleParts?
    if scalesAtOnce {
      dNormalized = .tensor(consume gradient)
    } else if needsOwn, isFixed {
      dNormalized = .tensor(
        device.scaleAndShift(gradient, scale: channels.scale, shift: Tensor(zeros: channels.scale.shape)))
    } else if needsOwn, let found {
      let terms = layer.inputGradientTerms(
        channels, sums: found.sums, products: found.products, count: x.count / x.shape[-1])
      dNormalized = .gradient(
        consume gradient, of: x, channels, separates ? .linear : activation, constant: terms.constant,
        slope: terms.slope)
    }
    let own = layer.inOrder(isTrained ? found?.products : nil, isTrained ? found?.sums : nil)
    var dInput: Tensor?
    var others: [Tensor?] = []
    if let convolution {
      others = numbers.map { _ in nil }
      if let dNormalized {
        (others[0], dInput) = device.convolutionGradients(
          isConvolutionTrained ? image : nil, dNormalized, numbers[0], convolution, needsImage: step.inputNeeds[0],
          adding: step.inputNeeds[0] ? known.take() : nil, for: sumsBelow)
      }
      if isConvolutionTrained, numbers.count > 1, let found {
        // The batch's mean takes away whatever a bias adds.
        others[1] =
          isFixed ? device.multiply(found.sums, channels.scale) : Tensor(zeros: channels.scale.shape)
      }
    } else {
      dInput = dNormalized?.whole(on: device)
    }
    return LayerGradients(inputs: step.inputs.count > 1 ? [dInput, dResidual] : [dInput], parameters: others + own)
  }
}
