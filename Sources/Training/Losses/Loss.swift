public import JSON
public import Layers
public import Tensors

/// What training makes small: a number for the outputs of a sample and its slope.
///
/// A loss of a batch is the mean over its samples (Keras' reduction `sum_over_batch_size`), so that the learning rate does
/// not depend on the batch size; a sample's weight multiplies its loss, and the sum is still divided by the number of samples,
/// as in Keras. Sums run in `Double` and in the order of the samples.
public protocol Loss: Hashable, Sendable {
  /// Keras' name: `categorical_crossentropy`.
  static var name: String { get }

  /// Reads the settings in Keras' keys; `name` is passed over.
  init(config: JSONValue) throws(ConfigError)

  /// The settings, with `name`, as `LossRegistry` reads them.
  var config: JSONValue { get }

  /// Whether the outputs are logits: numbers to which softmax or sigmoid has not been applied.
  var fromLogits: Bool { get }

  /// Whether the outputs must be probabilities.
  var takesProbabilities: Bool { get }

  /// Says in words why a model's output (the shape of one sample) and the targets do not go together.
  func check(output: Shape, targets: Targets) throws(ConfigError)

  /// The loss of one sample, and its slope with respect to each output, which is written to `slopes`.
  func value(_ outputs: [Double], _ targets: [Double], slopes: inout [Double]) -> Double
}

extension Loss {
  public var fromLogits: Bool { false }
  public var takesProbabilities: Bool { false }

  /// Keras' name.
  public var name: String { Self.name }

  /// The mean loss of `outputs` `[samples, units]`, and its gradient with respect to them.
  public func evaluate(_ outputs: Tensor, _ targets: Targets) -> LossValue {
    let (samples, units) = (outputs.shape[0], outputs.shape[1])
    let wanted = targets.numbers(units: units)
    precondition(wanted.shape == outputs.shape, "targets \(wanted.shape) for outputs \(outputs.shape)")
    var gradient = [Float](repeating: 0, count: outputs.count)
    var (sum, plain) = (0.0, 0.0)
    var (row, goal, slopes) = ([Double](repeating: 0, count: units), [Double](repeating: 0, count: units), [Double]())
    unsafe outputs.withUnsafeElements { numbers in
      unsafe wanted.withUnsafeElements { targetNumbers in
        for sample in 0..<samples {
          let start = sample * units
          for unit in 0..<units {
            row[unit] = unsafe Double(numbers[start + unit])
            goal[unit] = unsafe Double(targetNumbers[start + unit])
          }
          slopes.replaceSubrange(slopes.indices, with: repeatElement(0, count: units))
          let weight = targets.weights.map { Double($0[sample]) } ?? 1
          let loss = value(row, goal, slopes: &slopes)
          sum += weight * loss
          plain += loss
          for unit in 0..<units { gradient[start + unit] = Float(slopes[unit] * weight / Double(samples)) }
        }
      }
    }
    let count = Double(max(1, samples))
    return LossValue(mean: sum / count, unweightedMean: plain / count, gradient: Tensor(outputs.shape, gradient))
  }

  /// The loss of `outputs` alone.
  public func callAsFunction(_ outputs: Tensor, _ targets: Targets) -> Double { evaluate(outputs, targets).mean }
}

/// The mean loss over a batch and its gradient with respect to the model's outputs.
public struct LossValue: Sendable {
  public let mean: Double
  /// The same with a weight of 1 for every sample: what a loss without weights, such as that of validation, compares with.
  public let unweightedMean: Double
  /// Of the outputs' shape.
  public let gradient: Tensor

  public init(mean: Double, unweightedMean: Double, gradient: Tensor) {
    self.mean = mean
    self.unweightedMean = unweightedMean
    self.gradient = gradient
  }
}
