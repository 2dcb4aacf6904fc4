public import JSON
public import Layers
public import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// How many nats the model is surprised by yes or no, for each output on its own.
///
/// - Outputs: `[samples, units]`, the result of a sigmoid, or logits with `from_logits`. One unit for two classes, or one
///   unit for each class.
/// - Formula: `−t ln p − (1 − t) ln(1 − p)`, mean over the units, in nats
///
/// As Keras, the loss takes probabilities from [1e-7, 1 − 1e-7]. The gradient is that of the unclipped formula,
/// `(p − t) / (p (1 − p))`, which becomes `p − t` behind a sigmoid.
public struct BinaryCrossentropy: Loss {
  public static let name = "binary_crossentropy"

  public var fromLogits = false

  public init(fromLogits: Bool = false) { self.fromLogits = fromLogits }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    fromLogits = try reader.bool("from_logits", default: false)
    try reader.finish()
  }

  public var config: JSONValue { ["name": .string(Self.name), "from_logits": .bool(fromLogits)] }

  public func check(output: Shape, targets: Targets) throws(ConfigError) {
    try checkVector(output)
    switch targets {
    case .classes(_, let count):
      guard output[0] == count || (output[0] == 1 && count == 2) else {
        throw ConfigError(
          key: "loss",
          "binary_crossentropy needs \(count == 2 ? "one output, or " : "")one for each of the \(count) classes, but the "
            + "model has \(output[0]).")
      }
    case .values(let values):
      guard values.shape[-1] == output[0] else {
        throw ConfigError(key: "loss", "the data hold \(values.shape[-1]) numbers a sample, the model has \(output[0])")
      }
    }
  }

  public func evaluate(_ outputs: Tensor, _ targets: Targets) -> LossValue {
    let wanted = targets.numbers(units: outputs.shape[1])
    precondition(wanted.shape == outputs.shape, "targets \(wanted.shape) for outputs \(outputs.shape)")
    let numbers = outputs.elements
    var gradient = [Float](repeating: 0, count: numbers.count)
    var sum = 0.0
    for (index, target) in wanted.elements.enumerated() {
      let (output, target) = (Double(numbers[index]), Double(target))
      let slope: Double
      if fromLogits {
        // ln(1 + e^−|x|) does not overflow.
        sum += max(output, 0) - output * target + log1p(exp(-abs(output)))
        slope = 1 / (1 + exp(-output)) - target
      } else {
        let probability = clipped(output)
        sum -= target * log(probability) + (1 - target) * log(1 - probability)
        slope = (output - target) / max(output * (1 - output), Double(Float.leastNormalMagnitude))
      }
      gradient[index] = Float(slope / Double(numbers.count))
    }
    return LossValue(mean: sum / Double(numbers.count), gradient: Tensor(outputs.shape, gradient))
  }
}
