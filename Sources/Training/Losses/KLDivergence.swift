public import Layers
public import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// How many nats more than needed it takes to tell targets' classes with a code made for the outputs.
///
/// - Outputs: `[samples, classes]`, probabilities: the result of a softmax
/// - Formula: `Σⱼ tⱼ ln(tⱼ / yⱼ)`, both taken from [1e-7, 1]; slope `−t / y`
///
/// See [Kullback & Leibler 1951](https://doi.org/10.1214/aoms/1177729694). For targets that are classes it is the cross-entropy.
public struct KLDivergence: PlainLoss {
  public static let name = "kl_divergence"

  public init() {}

  public var takesProbabilities: Bool { true }

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkNumbers(output, targets) }

  public func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double {
    var sum = 0.0
    for (unit, target) in targets.enumerated() {
      let goal = min(max(target, 1e-7), 1)
      // Written so that a NaN stays one.
      let output = outputs[unit] < 1e-7 ? 1e-7 : outputs[unit] > 1 ? 1 : outputs[unit]
      sum += goal * log(goal / output)
      slopes[unit] = -goal / output
    }
    return sum
  }
}
