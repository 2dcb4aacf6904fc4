public import JSON
public import Kernels
public import Layers
public import Tensors

/// How parameters move along a gradient: a configuration without numbers of its own; those are an `OptimizerState`.
///
/// All optimisers here are *mini-batch gradient descent*: every step takes the gradient of the mean loss over one batch.
/// With a batch of one sample that is stochastic gradient descent in the strict sense, with a batch as large as the data set
/// it is batch gradient descent; the batch size of the phase decides, not the optimiser.
public protocol Optimizer: Hashable, Sendable {
  /// Keras' name: `adam`.
  static var name: String { get }

  /// Reads the settings in Keras' keys; `name` is passed over.
  init(config: JSONValue) throws(ConfigError)

  /// The settings, complete and with `name`, as `OptimizerRegistry` reads them.
  var config: JSONValue { get }

  var learningRate: LearningRateSchedule { get }

  /// The share of every parameter that is taken away in each step, times the learning rate:
  /// `w −= w · weight_decay · rate`, before the step ([Loshchilov & Hutter 2017](https://arxiv.org/abs/1711.05101)).
  var weightDecay: Float { get }

  /// What the optimiser keeps for every parameter, in Keras' order: names, and the number they are filled with at first.
  var slots: [(name: String, initial: Float)] { get }

  /// Moves `weights` along `gradient`, in place.
  func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device)
}

extension Optimizer {
  public var name: String { Self.name }

  /// Takes away the step's share of `weights`, in place: `w −= w · weight_decay · rate`.
  public func decay(_ weights: inout Tensor, rate: Double) {
    let share = weightDecay * Float(rate)
    if share == 0 { return }
    unsafe weights.withUnsafeMutableElements { elements in
      for index in elements.indices { unsafe elements[index] -= elements[index] * share }
    }
  }

  /// Reads what all optimisers have.
  static func readBase(
    _ reader: inout ConfigReader, learningRate: Double
  ) throws(ConfigError) -> (LearningRateSchedule, weightDecay: Float) {
    let schedule: LearningRateSchedule
    do {
      schedule = try reader.value("learning_rate").map(LearningRateSchedule.reading) ?? .constant(learningRate)
    } catch {
      throw ConfigError(key: error.key.isEmpty ? "learning_rate" : "learning_rate.\(error.key)", error.message)
    }
    return (schedule, try reader.share("weight_decay", default: 0, below: .infinity))
  }
}

/// Where in training a step stands.
public struct OptimizerStep: Sendable {
  /// The learning rate.
  public let rate: Double
  /// How often this parameter moves, this time included: 1 for the first.
  public let update: Int

  public init(rate: Double, update: Int) {
    self.rate = rate
    self.update = update
  }
}

/// All optimisers there are, by Keras' names.
public enum OptimizerRegistry {
  /// One line per optimiser.
  public static let all: [any Optimizer.Type] = [SGD.self, Adam.self, AdamW.self, RMSprop.self, Adagrad.self]

  public static var names: [String] { all.map { $0.name } }

  /// The optimiser that a name, or `{"name": …, settings…}`, describes.
  public static func optimizer(_ config: JSONValue) throws(ConfigError) -> any Optimizer {
    let name = try config.registeredName(of: "optimizer", example: "adam")
    guard let type = all.first(where: { $0.name == name.lowercased() }) else {
      throw ConfigError("there is no optimizer \"\(name)\". \(Suggestion.sentence(for: name, among: names))")
    }
    return try type.init(config: config.objectValue == nil ? [:] : config)
  }
}

extension ConfigReader {
  /// A number from 0 to below `bound`.
  mutating func share(_ key: String, default standard: Float, below bound: Float = 1) throws(ConfigError) -> Float {
    let number = try float(key, default: standard)
    guard number >= 0 && number < bound else {
      let limit = bound.isFinite ? "from 0 to below \(bound)" : "that is not negative"
      throw ConfigError(key: key, "expected a number \(limit), found \(number)")
    }
    return number
  }
}

extension JSONValue {
  /// A `Float` as the shortest number that reads back as the same `Float`.
  static func shortest(_ value: Float) -> JSONValue { .number(Double("\(value)") ?? Double(value)) }
}
