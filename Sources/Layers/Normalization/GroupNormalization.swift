public import JSON
public import Kernels
public import Tensors

/// Brings each group of channels of a sample to mean 0 and variance 1, then scales and shifts every channel.
///
/// - Input and output: `[batch, …, channels]`
/// - Parameters: `gamma` `[channels]` if `scale`, `beta` `[channels]` if `center`
///
/// `y = gamma · (x − mean) / √(variance + epsilon) + beta`, mean and population variance taken over all positions and the
/// channels of a group, per sample. With one group it is layer normalisation over the whole sample, with a group per channel
/// instance normalisation. See [Group Normalization](https://arxiv.org/abs/1803.08494).
public struct GroupNormalization: UnaryLayer {
  public static let kind = "GroupNormalization"

  /// Into how many groups the channels fall; −1 for one per channel.
  public var groups: Int
  /// The axis of the channels, the batch's counting as 0. It must be the last; -1 is always that.
  public var axis: Int
  public var epsilon: Float
  /// Whether there is a `beta`.
  public var center: Bool
  /// Whether there is a `gamma`.
  public var scale: Bool
  public var gammaInitializer: Initializer
  public var betaInitializer: Initializer
  public var gammaRegularizer: Regularizer?
  public var betaRegularizer: Regularizer?

  public init(
    groups: Int = 32, axis: Int = -1, epsilon: Float = 0.001, center: Bool = true, scale: Bool = true,
    gammaInitializer: Initializer = .ones, betaInitializer: Initializer = .zeros,
    gammaRegularizer: Regularizer? = nil, betaRegularizer: Regularizer? = nil
  ) {
    precondition(groups > 0 || groups == -1, "no number of groups: \(groups)")
    self.groups = groups
    self.axis = axis
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
    self.gammaInitializer = gammaInitializer
    self.betaInitializer = betaInitializer
    self.gammaRegularizer = gammaRegularizer
    self.betaRegularizer = betaRegularizer
  }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank > 0, axis == -1 || axis == input.rank else {
      throw ShapeError("\(Self.kind) takes the last axis for the channels, not axis \(axis) of a batch of \(input)")
    }
    guard groups == -1 || input[-1].isMultiple(of: groups) else {
      throw ShapeError("\(Self.kind) cannot divide \(input[-1]) channels into \(groups) equal groups")
    }
    return input
  }

  public func parameterSpecs(for input: Shape) -> [ParameterSpec] {
    let channels: Shape = [input[-1]]
    let gamma = ParameterSpec("gamma", channels, initializer: gammaInitializer, regularizer: gammaRegularizer)
    let beta = ParameterSpec("beta", channels, initializer: betaInitializer, regularizer: betaRegularizer)
    return (scale ? [gamma] : []) + (center ? [beta] : [])
  }
}

extension GroupNormalization {
  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    let moments = moments(of: input, on: device)
    let factors = zip(moments.mean, moments.inverse).map { mean, inverse in affine(parameters, mean, inverse) }
    return perSample(input, on: device) { sample, index in
      device.scaleAndShift(sample, scale: .channels(factors[index].scale), shift: .channels(factors[index].shift))
    }
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let (device, needs, layer) = (context.device, context.needs, self)
    let x = input
    let moments = moments(of: x, on: device)
    let output = perSample(x, on: device) { sample, index in
      let (scale, shift) = layer.affine(parameters, moments.mean[index], moments.inverse[index])
      return device.scaleAndShift(sample, scale: .channels(scale), shift: .channels(shift))
    }
    return Evaluation(output: output) { dOutput in
      let channels = x.shape[-1]
      let size = layer.groups == -1 ? 1 : channels / layer.groups
      let gamma = layer.scale ? parameters[0].elements.map(Double.init) : [Double](repeating: 1, count: channels)
      let count = Double(x.shape.sample.elementCount / channels * size)
      var (dGamma, dBeta) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
      var dSamples: [Tensor] = []
      for index in 0..<x.shape[0] {
        let (mean, inverse) = (moments.mean[index], moments.inverse[index])
        let (sample, dSample) = (x[samples: index..<index + 1], dOutput[samples: index..<index + 1])
        let shifts = zip(mean, inverse).map { -$0 * $1 }
        let normalized = device.scaleAndShift(sample, scale: .channels(inverse), shift: .channels(shifts))
        let products = device.channelSumsOfProducts(dSample, normalized).elements.map(Double.init)
        let sums = device.channelSums(dSample).elements.map(Double.init)
        for channel in 0..<channels {
          dGamma[channel] += products[channel]
          dBeta[channel] += sums[channel]
        }
        guard needs.contains(.inputs) else { continue }
        // Over a group of m numbers: dx = (γ dy − Σ γ dy / m − x̂ · Σ γ dy x̂ / m) / σ
        let constant = layer.overGroups(zip(gamma, sums).map { $0 * $1 }, size: size)
        let slope = layer.overGroups(zip(gamma, products).map { $0 * $1 }, size: size)
        dSamples.append(
          device.add(
            device.scaleAndShift(
              dSample, scale: .channels(zip(gamma, inverse).map { $0 * $1 }),
              shift: .channels(zip(constant, inverse).map { -$0 * $1 / count })),
            device.scaleAndShift(
              normalized, scale: .channels(zip(slope, inverse).map { -$0 * $1 / count }),
              shift: Tensor(zeros: [channels]))))
      }
      let isNeeded = needs.contains(.parameters)
      return LayerGradients(
        inputs: [needs.contains(.inputs) ? device.concatenated(dSamples, axis: 0) : nil],
        parameters: (layer.scale ? [isNeeded ? .channels(dGamma) : nil] : [])
          + (layer.center ? [isNeeded ? .channels(dBeta) : nil] : []))
    }
  }

  /// For every sample the mean and `1 / √(variance + epsilon)` of each channel's group.
  private func moments(of input: Tensor, on device: Device) -> (mean: [[Double]], inverse: [[Double]]) {
    let channels = input.shape[-1]
    let size = groups == -1 ? 1 : channels / groups
    var (means, inverses) = ([[Double]](), [[Double]]())
    for index in 0..<input.shape[0] {
      let moments = device.channelMoments(input[samples: index..<index + 1])
      let mean = moments.mean.elements.map(Double.init)
      let groupMeans = overGroups(mean, size: size).map { $0 / Double(size) }
      // The variance within the channels plus that of their means.
      let variance = moments.variance.elements.map(Double.init)
      let squares = mean.indices.map { channel -> Double in
        let distance = mean[channel] - groupMeans[channel]
        return variance[channel] + distance * distance
      }
      means.append(groupMeans)
      inverses.append(overGroups(squares, size: size).map { 1 / ($0 / Double(size) + Double(epsilon)).squareRoot() })
    }
    return (means, inverses)
  }

  /// For every channel the sum over its group.
  private func overGroups(_ numbers: [Double], size: Int) -> [Double] {
    numbers.indices.map { index in
      let first = index / size * size
      return numbers[first..<first + size].reduce(0, +)
    }
  }

  /// `y = x · scale + shift`, with the layer's gamma and beta.
  private func affine(
    _ parameters: [Tensor], _ mean: [Double], _ inverse: [Double]
  ) -> (scale: [Double], shift: [Double]) {
    let gamma = scale ? parameters[0].elements.map(Double.init) : mean.map { _ in 1 }
    let beta = center ? parameters[scale ? 1 : 0].elements.map(Double.init) : mean.map { _ in 0 }
    let scales = zip(gamma, inverse).map { $0 * $1 }
    return (scales, mean.indices.map { beta[$0] - mean[$0] * scales[$0] })
  }

  private func perSample(_ input: Tensor, on device: Device, _ transform: (Tensor, Int) -> Tensor) -> Tensor {
    guard input.shape[0] > 0 else { return input }
    return device.concatenated(
      (0..<input.shape[0]).map { transform(input[samples: $0..<$0 + 1], $0) }, axis: 0)
  }
}

extension Tensor {
  fileprivate static func channels(_ numbers: [Double]) -> Tensor {
    Tensor([numbers.count], numbers.map { Float($0) })
  }
}

extension GroupNormalization {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    let groups = try reader.int("groups", default: 32)
    guard groups > 0 || groups == -1 else {
      throw ConfigError(key: "groups", "expected a number above 0, or -1 for a group per channel, found \(groups)")
    }
    self.init(
      groups: groups, axis: try reader.axis(), epsilon: try reader.float("epsilon", default: 0.001),
      center: try reader.bool("center", default: true), scale: try reader.bool("scale", default: true),
      gammaInitializer: try reader.initializer("gamma_initializer", default: .ones),
      betaInitializer: try reader.initializer("beta_initializer", default: .zeros),
      gammaRegularizer: try reader.regularizer("gamma_regularizer"),
      betaRegularizer: try reader.regularizer("beta_regularizer"))
    try reader.finish()
    guard epsilon >= 0 else { throw ConfigError(key: "epsilon", "expected 0 or more, found \(epsilon)") }
  }

  public var config: JSONValue {
    [
      "groups": .integer(groups), "axis": .integer(axis), "epsilon": .float(epsilon), "center": .bool(center),
      "scale": .bool(scale), "beta_initializer": betaInitializer.config, "gamma_initializer": gammaInitializer.config,
      "beta_regularizer": betaRegularizer?.config ?? nil, "gamma_regularizer": gammaRegularizer?.config ?? nil,
    ]
  }
}
