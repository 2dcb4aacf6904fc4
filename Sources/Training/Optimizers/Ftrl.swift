public import JSON
public import Kernels
public import Layers
public import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// "Follow the regularized leader": Adagrad's steps with an L1 penalty that makes weights exactly 0.
///
/// - Formula: with `p = −learning_rate_power` (½), `a' = a + g²`, `σ = (a'ᵖ − aᵖ) / rate`, `z += g + 2 · shrinkage · w − σ w`:
///   `w = (clip(z, −l1, l1) − z) / (a'ᵖ / rate + 2 (l2 + β / (2 rate)))`, with `a = 0.1` at first
///
/// See [McMahan et al. 2013](https://research.google.com/pubs/archive/41159.pdf).
public struct Ftrl: Optimizer {
  public static let name = "ftrl"

  public var settings: OptimizerSettings
  public var learningRatePower: Float = -0.5
  public var initialAccumulator: Float = 0.1
  public var l1: Float = 0
  public var l2: Float = 0
  public var l2Shrinkage: Float = 0
  public var beta: Float = 0

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    settings = try OptimizerSettings(&reader, learningRate: 0.001)
    learningRatePower = try reader.float("learning_rate_power", default: -0.5)
    guard learningRatePower <= 0 else {
      throw ConfigError(
        key: "learning_rate_power", "expected a number that is not above 0, found \(learningRatePower)")
    }
    initialAccumulator = try reader.share("initial_accumulator_value", default: 0.1, below: .infinity)
    l1 = try reader.share("l1_regularization_strength", default: 0, below: .infinity)
    l2 = try reader.share("l2_regularization_strength", default: 0, below: .infinity)
    l2Shrinkage = try reader.share("l2_shrinkage_regularization_strength", default: 0, below: .infinity)
    beta = try reader.share("beta", default: 0, below: .infinity)
    try reader.finish()
  }

  public var config: JSONValue {
    settings.config(
      Self.name,
      [
        "learning_rate_power": .shortest(learningRatePower), "initial_accumulator_value": .shortest(initialAccumulator),
        "l1_regularization_strength": .shortest(l1), "l2_regularization_strength": .shortest(l2),
        "l2_shrinkage_regularization_strength": .shortest(l2Shrinkage), "beta": .shortest(beta),
      ])
  }

  public var slots: [(name: String, initial: Float)] { [("accumulator", initialAccumulator), ("linear", 0)] }

  public var movesEachNumberAlone: Bool { true }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    // A rate of 0 moves nothing; the formula would divide by it.
    guard step.rate > 0 else { return }
    let (rate, exponent) = (step.rate, -Double(learningRatePower))
    let (l1, shrinkage) = (Double(l1), 2 * Double(l2Shrinkage))
    let quadratic = 2 * (Double(l2) + Double(beta) / (2 * rate))
    var linear = state.removeLast()
    weights.update(with: gradient, &state[0], &linear) { weight, slope, sum, linear in
      let (w, g, old) = (Double(weight), Double(slope), Double(sum))
      let new = old + g * g
      let power = pow(new, exponent)
      let z = Double(linear) + g + shrinkage * w - (power - pow(old, exponent)) / rate * w
      weight = Float((min(max(z, -l1), l1) - z) / (power / rate + quadratic))
      sum = Float(new)
      linear = Float(z)
    }
    state.append(linear)
  }
}
