public import JSON
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
public struct Poisson: Loss {
  public static let name = "poisson"

  public init() {}

  public init(config: JSONValue) throws(ConfigError) {
    let reader = try ConfigReader(config, of: Self.name)
    try reader.finish()
  }

  public var config: JSONValue { ["name": .string(Self.name)] }

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
