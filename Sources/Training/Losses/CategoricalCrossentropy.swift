public import JSON
public import Layers
public import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// How many nats the model is surprised by the right class: for outputs that are probabilities of classes.
///
/// - Outputs: `[samples, classes]`, the result of a softmax, or logits with `from_logits`
/// - Formula: `−Σⱼ tⱼ ln pⱼ`, with `tⱼ = (1 − s)·[j = class] + s / classes` for label smoothing `s`
///   ([Szegedy et al. 2015](https://arxiv.org/abs/1512.00567)), in nats
///
/// Keras' arithmetic: probabilities are divided by their sum and the loss takes them from [1e-7, 1 − 1e-7], so a sample
/// costs 16.1 nats at most. The gradient is that of the unclipped formula, `1/Σp − tⱼ/pⱼ`: behind a softmax it becomes
/// `pⱼ − tⱼ`, also where a wrong answer is so sure that clipping would leave no gradient to learn from.
public struct CategoricalCrossentropy: Loss {
  public static let name = "categorical_crossentropy"

  public var fromLogits = false
  /// The share of a target that is spread over all classes.
  public var labelSmoothing: Float = 0

  public init(fromLogits: Bool = false, labelSmoothing: Float = 0) {
    self.fromLogits = fromLogits
    self.labelSmoothing = labelSmoothing
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    fromLogits = try reader.bool("from_logits", default: false)
    labelSmoothing = try reader.float("label_smoothing", default: 0)
    guard labelSmoothing >= 0 && labelSmoothing < 1 else {
      throw ConfigError(key: "label_smoothing", "expected a share from 0 to below 1, found \(labelSmoothing)")
    }
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "from_logits": .bool(fromLogits),
      "label_smoothing": .number(Double("\(labelSmoothing)") ?? 0),
    ]
  }

  public func check(output: Shape, targets: Targets) throws(ConfigError) {
    try checkClasses(output, targets)
  }

  public func evaluate(_ outputs: Tensor, _ targets: Targets) -> LossValue {
    crossentropy(outputs, targets, fromLogits: fromLogits, smoothing: Double(labelSmoothing))
  }
}

/// The same loss and arithmetic as `CategoricalCrossentropy`, by the name that Keras uses where targets are class indices.
///
/// Here targets are class indices with either name, and nobody has to match the two.
public struct SparseCategoricalCrossentropy: Loss {
  public static let name = "sparse_categorical_crossentropy"

  public var fromLogits = false

  public init(fromLogits: Bool = false) { self.fromLogits = fromLogits }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    fromLogits = try reader.bool("from_logits", default: false)
    try reader.finish()
  }

  public var config: JSONValue { ["name": .string(Self.name), "from_logits": .bool(fromLogits)] }

  public func check(output: Shape, targets: Targets) throws(ConfigError) { try checkClasses(output, targets) }

  public func evaluate(_ outputs: Tensor, _ targets: Targets) -> LossValue {
    crossentropy(outputs, targets, fromLogits: fromLogits, smoothing: 0)
  }
}

extension Loss {
  fileprivate func checkClasses(_ output: Shape, _ targets: Targets) throws(ConfigError) {
    try checkVector(output)
    guard case .classes(_, let count) = targets else {
      throw ConfigError(
        key: "loss",
        "\(Self.name) needs classes, but the data hold numbers to predict. For numbers, use mean_squared_error.")
    }
    guard output[0] == count else {
      throw ConfigError(
        key: "loss",
        "\(Self.name) needs one output for each of the \(count) classes, but the model has \(output[0]). "
          + (output[0] == 1 && count == 2
            ? "For a single output, use binary_crossentropy." : "Give its last Dense layer \(count) units."))
    }
  }
}

private func crossentropy(_ outputs: Tensor, _ targets: Targets, fromLogits: Bool, smoothing: Double) -> LossValue {
  guard case .classes(let classes, _) = targets else { preconditionFailure("crossentropy of numbers") }
  let (samples, units) = (outputs.shape[0], outputs.shape[1])
  precondition(classes.count == samples, "\(classes.count) targets for \(samples) outputs")
  let numbers = outputs.elements
  var gradient = [Float](repeating: 0, count: numbers.count)
  var sum = 0.0
  for (sample, right) in classes.enumerated() {
    let row = sample * units..<(sample + 1) * units
    // For logits: the largest and the sum of exponentials above it. For probabilities: their sum.
    let largest = fromLogits ? Double(numbers[row].max() ?? 0) : 0
    let total = numbers[row].reduce(0) { $0 + (fromLogits ? exp(Double($1) - largest) : Double($1)) }
    for index in row {
      let output = Double(numbers[index])
      let target = (index - row.lowerBound == right ? 1 - smoothing : 0) + smoothing / Double(units)
      let slope: Double
      if fromLogits {
        let logarithm = output - largest - log(total)
        sum -= target == 0 ? 0 : target * logarithm
        slope = exp(logarithm) - target
      } else {
        sum -= target == 0 ? 0 : target * log(clipped(output / total))
        // A probability that vanished gets the slope of the smallest normal number, not infinity.
        slope = 1 / total - target / max(output, Double(Float.leastNormalMagnitude))
      }
      gradient[index] = Float(slope / Double(samples))
    }
  }
  return LossValue(mean: sum / Double(samples), gradient: Tensor(outputs.shape, gradient))
}

/// A probability kept away from 0 and 1 by Keras' `epsilon`; NaN stays NaN.
func clipped(_ probability: Double) -> Double {
  let epsilon = 1e-7
  if probability < epsilon { return epsilon }
  return probability > 1 - epsilon ? 1 - epsilon : probability
}
