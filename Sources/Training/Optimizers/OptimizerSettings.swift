import JSON
import Layers

/// What every optimiser has, with Keras' keys: the learning rate, and what happens to gradients and weights around its step.
///
/// A step goes as in Keras: gradients are gathered (`gradient_accumulation_steps`), clipped, weights decay, move, are averaged
/// (`use_ema`), and are brought back to where their layers' constraints allow them to be.
public struct OptimizerSettings: Hashable, Sendable {
  public var learningRate: LearningRateSchedule
  /// The share of every parameter that is taken away in each step, times the learning rate:
  /// `w −= w · weight_decay · rate`, before the step ([Loshchilov & Hutter 2017](https://arxiv.org/abs/1711.05101)). Other than
  /// L2 it does not pass through the optimiser's moments. All parameters decay, biases too.
  public var weightDecay: Float
  /// What is done to gradients that are too long.
  public var clipping: GradientClipping?
  /// How many batches make one step, of the mean of their gradients: as if a batch were that much larger, in the memory of one.
  public var gradientAccumulationSteps = 1
  /// Whether the weights that are evaluated and kept are a running average of those that were trained.
  public var averaging: WeightAveraging?

  /// Whether a parameter can move before the gradients of the others are known.
  package var takesGradientsOneByOne: Bool { clipping == nil && gradientAccumulationSteps == 1 && averaging == nil }

  public init(learningRate: LearningRateSchedule, weightDecay: Float = 0) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
  }

  /// Reads what all optimisers have.
  init(_ reader: inout ConfigReader, learningRate: Double, weightDecay: Float = 0) throws(ConfigError) {
    do {
      self.learningRate = try reader.value("learning_rate").map(LearningRateSchedule.reading) ?? .constant(learningRate)
    } catch {
      throw ConfigError(key: error.key.isEmpty ? "learning_rate" : "learning_rate.\(error.key)", error.message)
    }
    self.weightDecay = try reader.share("weight_decay", default: weightDecay, below: .infinity)
    clipping = try GradientClipping(&reader)
    if reader.value("gradient_accumulation_steps") != nil {
      gradientAccumulationSteps = try reader.positive("gradient_accumulation_steps")
    }
    averaging = try WeightAveraging(&reader)
    reader.ignore("loss_scale_factor")
  }

  /// The settings with an optimiser's name and own settings, complete; what is switched off is left out.
  func config(_ name: String, _ own: OrderedDictionary<String, JSONValue> = [:]) -> JSONValue {
    var members: OrderedDictionary<String, JSONValue> = ["name": .string(name), "learning_rate": learningRate.config]
    members.merge(own) { $1 }
    members["weight_decay"] = .shortest(weightDecay)
    if let clipping { members[clipping.key] = .shortest(clipping.limit) }
    if gradientAccumulationSteps > 1 { members["gradient_accumulation_steps"] = .integer(gradientAccumulationSteps) }
    if let averaging { members.merge(averaging.members) { $1 } }
    return .object(members)
  }
}
