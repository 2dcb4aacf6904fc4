public import JSON
public import Kernels
public import Tensors

/// Leaves out whole residual branches in training: each sample passes or is silenced as one.
///
/// - Input, output: `[batch, …]`
///
/// In training `y = x · m / (1 − dropPathRate)`, where `m` is 0 with probability `dropPathRate` and else 1, one `m` per
/// sample; in inference `y = x`. See [Deep Networks with Stochastic Depth](https://arxiv.org/abs/1603.09382). ConvNeXt has it.
public struct StochasticDepth: UnaryLayer, StochasticLayer {
  public static let kind = "StochasticDepth"

  /// The probability that a sample's branch is left out, 0 ≤ rate < 1.
  public let dropPathRate: Float

  /// - Precondition: `0 ≤ dropPathRate < 1`.
  public init(dropPathRate: Float) {
    precondition((0..<1).contains(dropPathRate), "a rate is at least 0 and below 1, not \(dropPathRate)")
    self.dropPathRate = dropPathRate
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    dropPathRate = try reader.float("drop_path_rate")
    guard (0..<1).contains(dropPathRate) else {
      throw ConfigError(key: "drop_path_rate", "expected a number from 0 on and below 1, found \(dropPathRate)")
    }
    try reader.finish()
  }

  public var config: JSONValue { ["drop_path_rate": .float(dropPathRate)] }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape { input }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor { input }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    guard context.mode == .training, dropPathRate > 0 else {
      return Evaluation(output: input, in: context) { dOutput in dOutput }
    }
    let ones = Shape(input.shape.sample.dimensions.map { _ in 1 })
    let mask = context.dropoutMask(ones, rate: dropPathRate)
    let device = context.device
    return Evaluation(output: device.multiply(input, mask), in: context) { dOutput in
      device.multiply(dOutput, mask)
    }
  }
}
