public import JSON
public import Kernels
public import Tensors

/// Adds random numbers in training, so that a network cannot rely on exact values.
///
/// - Input, output: `[batch, …]`
///
/// In training `y = x + stddev · z` with `z` normal, mean 0 and variance 1; in inference `y = x`.
/// See [Training with Noise is Equivalent to Tikhonov Regularization](https://doi.org/10.1162/neco.1995.7.1.108).
public struct GaussianNoise: UnaryLayer, StochasticLayer {
  public static let kind = "GaussianNoise"

  /// The noise's standard deviation, 0 or more.
  public let standardDeviation: Float

  /// - Precondition: the standard deviation is finite and not negative.
  public init(standardDeviation: Float) {
    precondition(standardDeviation >= 0 && standardDeviation.isFinite, "no standard deviation: \(standardDeviation)")
    self.standardDeviation = standardDeviation
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    // Keras 1 called it "sigma".
    let key = reader.value("sigma") == nil ? "stddev" : "sigma"
    standardDeviation = try reader.float(key)
    guard standardDeviation >= 0, standardDeviation.isFinite else {
      throw ConfigError(key: key, "expected a number from 0 on, found \(standardDeviation)")
    }
    reader.ignore("seed")
    try reader.finish()
  }

  public var config: JSONValue { ["stddev": .float(standardDeviation), "seed": nil] }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape { input }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor { input }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    guard context.mode == .training, standardDeviation > 0 else {
      return Evaluation(output: input, in: context) { dOutput in dOutput }
    }
    let noise = context.normalNumbers(input.shape.sample, mean: 0, standardDeviation: standardDeviation)
    return Evaluation(output: context.device.add(input, noise), in: context) { dOutput in dOutput }
  }
}

extension Context {
  /// Normal random numbers for a batch. Each sample draws from a key of its own: they are the same in whatever batch it stands.
  func normalNumbers(_ sample: Shape, mean: Float, standardDeviation: Float) -> Tensor {
    let count = sample.elementCount
    let numbers = sampleIDs.flatMap { id in
      random.folding(id).normal(count).map { mean + standardDeviation * $0 }
    }
    return Tensor(sample.batched(sampleIDs.count), numbers)
  }
}
