public import JSON
public import Kernels
public import Tensors

/// Multiplies by random numbers in training: dropout's noise without its zeros.
///
/// - Input, output: `[batch, …]`
///
/// In training `y = x · m` with `m` normal, mean 1 and variance `rate / (1 − rate)`, that of dropout's mask at this rate; in
/// inference `y = x`. See [Dropout](https://jmlr.org/papers/v15/srivastava14a.html), section 10.
public struct GaussianDropout: UnaryLayer, StochasticLayer {
  public static let kind = "GaussianDropout"

  /// The rate of the dropout it stands for, 0 ≤ rate < 1.
  public let rate: Float

  /// - Precondition: `0 ≤ rate < 1`.
  public init(rate: Float) {
    precondition((0..<1).contains(rate), "a rate is at least 0 and below 1, not \(rate)")
    self.rate = rate
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    rate = try reader.dropoutRate()
    guard rate < 1 else { throw ConfigError(key: "rate", "expected a number below 1, found \(rate)") }
    reader.ignore("seed")
    try reader.finish()
  }

  public var config: JSONValue { ["rate": .float(rate), "seed": nil] }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape { input }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor { input }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    guard context.mode == .training, rate > 0 else {
      return Evaluation(output: input, in: context) { dOutput in dOutput }
    }
    let deviation = (rate / (1 - rate)).squareRoot()
    let factors = context.normalNumbers(input.shape.sample, mean: 1, standardDeviation: deviation)
    let device = context.device
    return Evaluation(output: device.multiply(input, factors), in: context) { dOutput in
      device.multiply(dOutput, factors)
    }
  }
}
