public import Layers
public import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// The logarithm of the hyperbolic cosine of differences: squared where they are small, absolute where they are large.
///
/// - Outputs: `[samples, units]`
/// - Formula: `ln cosh(y − t)`, mean over the units; slope `tanh(y − t)`
public struct LogCosh: PlainLoss {
  public static let name = "log_cosh"

  public init() {}

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkNumbers(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    let count = Double(outputs.count)
    var sum = 0.0
    for (unit, target) in targets.enumerated() {
      let error = outputs[unit] - target
      // cosh itself would overflow: ln cosh x = |x| + ln(1 + exp(−2|x|)) − ln 2.
      let size = abs(error)
      sum += size + log1p(exp(-2 * size)) - log(2)
      slopes[unit] = tanh(error) / count
    }
    return sum / count
  }
}
