public import Layers
public import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// What remains of the likelihood of counts if each output is the mean of a Poisson distribution.
///
/// - Outputs: `[samples, units]`, above 0: end the model with `softplus` or `exponential`
/// - Formula: `y − t ln(y + ε)`, ε 1e-7, mean over the units
public struct Poisson: PlainLoss {
  public static let name = "poisson"

  public init() {}

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkNumbers(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    let count = Double(outputs.count)
    var sum = 0.0
    for (unit, target) in targets.enumerated() {
      let output = outputs[unit]
      sum += output - target * log(output + 1e-7)
      slopes[unit] = (1 - target / (output + 1e-7)) / count
    }
    return sum / count
  }
}
