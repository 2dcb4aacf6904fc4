public import Kernels
public import Tensors

/// Brings every channel to mean 0 and variance 1, then scales and shifts it.
///
/// - Input and output: `[batch, …, channels]`
/// - Parameters: `gamma` `[channels]` if `scale`, `beta` `[channels]` if `center`, and the statistics `moving_mean`,
///   `moving_variance` `[channels]`
///
/// `y = gamma · (x − mean) / √(variance + epsilon) + beta`, in inference with the moving statistics, in training with those of
/// the batch, which then move the others: `moving ← momentum · moving + (1 − momentum) · batch`. The variance is that of the
/// population, divided by the number of values, as in Keras; PyTorch and TensorFlow's fused kernel move by that of a sample.
///
/// In inference mode gamma and beta still have gradients: what Keras calls `training=False`.
/// See [Batch normalization](https://arxiv.org/abs/1502.03167).
public struct BatchNormalization: UnaryLayer {
  public static let kind = "BatchNormalization"

  /// The axis of the channels, the batch's counting as 0. It must be the last; -1 is always that.
  public var axis: Int
  /// How much of the moving statistics stays in a step. PyTorch's momentum is 1 minus this one.
  public var momentum: Float
  /// What keeps the division finite where a channel does not vary.
  public var epsilon: Float
  /// Whether there is a `beta`.
  public var center: Bool
  /// Whether there is a `gamma`.
  public var scale: Bool
  public var gammaInitializer: Initializer
  public var betaInitializer: Initializer
  public var movingMeanInitializer: Initializer
  public var movingVarianceInitializer: Initializer
  public var gammaRegularizer: Regularizer?
  public var betaRegularizer: Regularizer?

  public init(
    axis: Int = -1, momentum: Float = 0.99, epsilon: Float = 0.001, center: Bool = true, scale: Bool = true,
    gammaInitializer: Initializer = .ones, betaInitializer: Initializer = .zeros,
    movingMeanInitializer: Initializer = .zeros, movingVarianceInitializer: Initializer = .ones,
    gammaRegularizer: Regularizer? = nil, betaRegularizer: Regularizer? = nil
  ) {
    self.axis = axis
    self.momentum = momentum
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
    self.gammaInitializer = gammaInitializer
    self.betaInitializer = betaInitializer
    self.movingMeanInitializer = movingMeanInitializer
    self.movingVarianceInitializer = movingVarianceInitializer
    self.gammaRegularizer = gammaRegularizer
    self.betaRegularizer = betaRegularizer
  }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank > 0, axis == -1 || axis == input.rank else {
      throw ShapeError(
        "BatchNormalization takes the last axis for the channels, not axis \(axis) of a batch of \(input); a model with "
          + "channels first must be converted in Keras")
    }
    return input
  }

  public func parameterSpecs(for input: Shape) -> [ParameterSpec] {
    let channels: Shape = [input[-1]]
    let gamma = ParameterSpec("gamma", channels, initializer: gammaInitializer, regularizer: gammaRegularizer)
    let beta = ParameterSpec("beta", channels, initializer: betaInitializer, regularizer: betaRegularizer)
    return (scale ? [gamma] : []) + (center ? [beta] : []) + [
      ParameterSpec("moving_mean", channels, role: .statistic, initializer: movingMeanInitializer),
      ParameterSpec("moving_variance", channels, role: .statistic, initializer: movingVarianceInitializer),
    ]
  }
}

extension BatchNormalization {
  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    let folded = folded(parameters)
    return device.scaleAndShift(input, scale: folded.scale, shift: folded.shift)
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    switch context.mode {
    case .inference: evaluateOnMovingStatistics(input, parameters, in: context)
    case .training: evaluateOnBatch(input, parameters, in: context)
    }
  }

  /// What inference does to each channel: `x · scale + shift`. Convolutions before the layer can take it into their kernels.
  public func folded(_ parameters: [Tensor]) -> (scale: Tensor, shift: Tensor) {
    affine(parameters, mean: movingMean(parameters), inverseDeviation: inverseDeviation(movingVariance(parameters)))
  }

  private func evaluateOnMovingStatistics(
    _ input: consuming Tensor, _ parameters: [Tensor], in context: Context
  ) -> Evaluation {
    let (device, needs, layer) = (context.device, context.needs, self)
    let mean = movingMean(parameters)
    let inverse = inverseDeviation(movingVariance(parameters))
    let (scale, shift) = affine(parameters, mean: mean, inverseDeviation: inverse)
    let x = needs.contains(.parameters) && self.scale ? input : nil
    return Evaluation(output: device.scaleAndShift(input, scale: scale, shift: shift)) { dOutput in
      let dGamma = x.map { x in
        device.channelSumsOfProducts(dOutput, layer.normalized(x, mean, inverse, on: device))
      }
      let dBeta = needs.contains(.parameters) && layer.center ? device.channelSums(dOutput) : nil
      let dInput =
        needs.contains(.inputs)
        ? device.scaleAndShift(dOutput, scale: scale, shift: Tensor(zeros: scale.shape)) : nil
      return LayerGradients(inputs: [dInput], parameters: layer.inOrder(dGamma, dBeta))
    }
  }

  private func evaluateOnBatch(
    _ input: consuming Tensor, _ parameters: [Tensor], in context: Context
  ) -> Evaluation {
    let (device, needs, layer) = (context.device, context.needs, self)
    let x = input
    let moments = device.channelMoments(x)
    let mean = moments.mean.elements.map(Double.init)
    let inverse = inverseDeviation(moments.variance)
    let (scale, shift) = affine(parameters, mean: mean, inverseDeviation: inverse)
    let moving = parameters.suffix(2)
    let statistics = zip(moving, [moments.mean, moments.variance]).map { moved($0, by: $1) }
    let output = device.scaleAndShift(x, scale: scale, shift: shift)
    return Evaluation(output: output, statistics: statistics) { dOutput in
      // x̂ = (x − mean) / σ; mean and σ depend on x too, so that
      // dx = γ / σ · (dy − Σdy / m − x̂ · Σ(dy · x̂) / m), the sums over the m values of a channel.
      let normalized = layer.normalized(x, mean, inverse, on: device)
      let dGamma = device.channelSumsOfProducts(dOutput, normalized)
      let dBeta = device.channelSums(dOutput)
      var dInput: Tensor?
      if needs.contains(.inputs) {
        let count = Double(x.count / x.shape[-1])
        let scales = scale.elements.map(Double.init)
        let constant = zip(scales, dBeta.elements).map { -$0 * Double($1) / count }
        let slope = zip(scales, dGamma.elements).map { -$0 * Double($1) / count }
        dInput = device.add(
          device.scaleAndShift(dOutput, scale: scale, shift: Tensor(channels: constant)),
          device.scaleAndShift(normalized, scale: Tensor(channels: slope), shift: Tensor(zeros: scale.shape)))
      }
      let isNeeded = needs.contains(.parameters)
      return LayerGradients(
        inputs: [dInput], parameters: layer.inOrder(isNeeded ? dGamma : nil, isNeeded ? dBeta : nil))
    }
  }
}

// Numbers per channel, of which there are few: in doubles, so that folding adds no error of its own.
extension BatchNormalization {
  func movingMean(_ parameters: [Tensor]) -> [Double] {
    parameters[parameters.count - 2].elements.map(Double.init)
  }

  func movingVariance(_ parameters: [Tensor]) -> Tensor { parameters[parameters.count - 1] }

  /// `1 / √(variance + epsilon)`
  func inverseDeviation(_ variance: Tensor) -> [Double] {
    variance.elements.map { 1 / (Double($0) + Double(epsilon)).squareRoot() }
  }

  /// `y = x · scale + shift`, with the layer's gamma and beta.
  func affine(
    _ parameters: [Tensor], mean: [Double], inverseDeviation: [Double]
  ) -> (scale: Tensor, shift: Tensor) {
    let gamma = scale ? parameters[0].elements.map(Double.init) : mean.map { _ in 1 }
    let beta = center ? parameters[scale ? 1 : 0].elements.map(Double.init) : mean.map { _ in 0 }
    let scales = zip(gamma, inverseDeviation).map { $0 * $1 }
    let shifts = mean.indices.map { beta[$0] - mean[$0] * scales[$0] }
    return (Tensor(channels: scales), Tensor(channels: shifts))
  }

  /// `(x − mean) / √(variance + epsilon)`
  private func normalized(_ x: Tensor, _ mean: [Double], _ inverse: [Double], on device: Device) -> Tensor {
    device.scaleAndShift(
      x, scale: Tensor(channels: inverse), shift: Tensor(channels: zip(mean, inverse).map { -$0 * $1 }))
  }

  func moved(_ moving: Tensor, by batch: Tensor) -> Tensor {
    let numbers = zip(moving.elements, batch.elements).map { $0 * momentum + $1 * (1 - momentum) }
    return Tensor(moving.shape, numbers)
  }

  /// A place for each parameter; the statistics have no gradients.
  package func inOrder(_ dGamma: Tensor?, _ dBeta: Tensor?) -> [Tensor?] {
    (scale ? [dGamma] : []) + (center ? [dBeta] : []) + [nil, nil]
  }
}

extension Tensor {
  init(channels: [Double]) { self.init([channels.count], channels.map { Float($0) }) }
}
