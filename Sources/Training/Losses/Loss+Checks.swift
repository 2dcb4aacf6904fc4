import Layers
import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

// What losses ask of outputs and targets.

extension Loss {
  /// Checks that an output is a vector.
  func checkVector(_ output: Shape) throws(ConfigError) {
    guard output.rank == 1 else {
      throw ConfigError(
        key: "loss",
        "\(Self.name) takes a vector for each sample, but the model puts out \(output). End it with "
          + "GlobalAveragePooling2D or Flatten and a Dense layer.")
    }
  }

  /// Checks that there is one output for each class.
  func checkClasses(_ output: Shape, _ targets: Targets) throws(ConfigError) {
    try checkVector(output)
    guard let count = targets.classCount else {
      throw ConfigError(
        key: "loss",
        "\(Self.name) needs classes, but the data hold numbers to predict. For numbers, use mean_squared_error; for "
          + "several labels at once, binary_crossentropy.")
    }
    guard output[0] == count else {
      throw ConfigError(
        key: "loss",
        "\(Self.name) needs one output for each of the \(count) classes, but the model has \(output[0]). "
          + (output[0] == 1 && count == 2
            ? "For a single output, use binary_crossentropy." : "Give its last Dense layer \(count) units."))
    }
  }

  /// Checks that there is an output for each label, or one for two classes.
  func checkLabels(_ output: Shape, _ targets: Targets) throws(ConfigError) {
    try checkVector(output)
    switch targets.kind {
    case .classes(_, let count):
      guard output[0] == count || (output[0] == 1 && count == 2) else {
        throw ConfigError(
          key: "loss",
          "\(Self.name) needs \(count == 2 ? "one output, or " : "")one for each of the \(count) classes, but the "
            + "model has \(output[0]).")
      }
    case .values(let values):
      guard values.shape[-1] == output[0] else {
        throw ConfigError(key: "loss", "the data hold \(values.shape[-1]) numbers a sample, the model has \(output[0])")
      }
    }
  }

  /// Checks that there is an output for each number, or for each class.
  func checkNumbers(_ output: Shape, _ targets: Targets) throws(ConfigError) {
    try checkVector(output)
    let (units, what) =
      switch targets.kind {
      case .classes(_, let count): (output[0] == 1 ? 1 : count, "\(count) classes")
      case .values(let values): (values.shape[-1], "\(values.shape[-1]) to predict for each sample")
      }
    guard output[0] == units else {
      throw ConfigError(key: "loss", "the model has \(output[0]) outputs, but the data hold \(what)")
    }
  }
}

extension ConfigReader {
  /// The share of a target that is spread over all classes.
  mutating func labelSmoothing() throws(ConfigError) -> Float {
    let share = try float("label_smoothing", default: 0)
    guard share >= 0 && share < 1 else {
      throw ConfigError(key: "label_smoothing", "expected a share from 0 to below 1, found \(share)")
    }
    return share
  }
}

/// A probability kept away from 0 and 1 by Keras' `epsilon`; NaN stays NaN.
func clipped(_ probability: Double) -> Double {
  let epsilon = 1e-7
  if probability < epsilon { return epsilon }
  return probability > 1 - epsilon ? 1 - epsilon : probability
}

/// What a probability is divided by: never 0, so that one that vanished gets a large slope and not an infinite one.
func divisor(_ number: Double) -> Double { max(number, Double(Float.leastNormalMagnitude)) }

/// Logits as probabilities: `exp(x) / Σ exp(x)`.
func softmax(_ logits: [Double]) -> [Double] {
  let largest = logits.max() ?? 0
  let powers = logits.map { exp($0 - largest) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}
