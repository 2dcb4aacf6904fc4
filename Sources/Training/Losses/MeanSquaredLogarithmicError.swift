public import Layers
public import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// The mean of squared differences of logarithms: for targets above 0 whose quotients matter, not their differences.
///
/// - Outputs: `[samples, units]`
/// - Formula: `(ln(max(y, ε) + 1) − ln(max(t, ε) + 1))²`, ε 1e-7, mean over the units; slope 0 below ε
public struct MeanSquaredLogarithmicError: PlainLoss {
  public static let name = "mean_squared_logarithmic_error"

  public init() {}

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkNumbers(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    let count = Double(outputs.count)
    var sum = 0.0
    for (unit, target) in targets.enumerated() {
      let output = max(outputs[unit], 1e-7)
      let error = log1p(output) - log1p(max(target, 1e-7))
      sum += error * error
      slopes[unit] = outputs[unit] > 1e-7 ? 2 * error / ((output + 1) * count) : 0
    }
    return sum / count
  }
}
