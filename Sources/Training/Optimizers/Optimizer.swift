public import JSON
public import Kernels
public import Layers
public import Tensors

/// How parameters move along a gradient: a configuration without numbers of its own; those are an `OptimizerState`.
///
/// All optimisers but L-BFGS are *mini-batch gradient descent*: every step takes the gradient of the mean loss over one batch.
/// With a batch of one sample that is stochastic gradient descent in the strict sense, with a batch as large as the data set
/// it is batch gradient descent; the batch size of the phase decides, not the optimiser.
public protocol Optimizer: Hashable, Sendable {
  /// Keras' name: `adam`.
  static var name: String { get }

  /// Reads the settings in Keras' keys; `name` is passed over.
  init(config: JSONValue) throws(ConfigError)

  /// The settings, complete and with `name`, as `OptimizerRegistry` reads them.
  var config: JSONValue { get }

  /// The learning rate, and what all optimisers have besides.
  var settings: OptimizerSettings { get set }

  /// What the optimiser keeps for every parameter, in Keras' order: names, and the number they are filled with at first.
  var slots: [(name: String, initial: Float)] { get }

  /// The shape of what is kept in a slot for a parameter of this shape; nearly always the same.
  func slotShape(_ slot: String, of shape: Shape) -> Shape

  /// The same optimiser with another momentum (β₁, where that is what it is called); nil if it has none that can change from
  /// step to step.
  func with(momentum: Float) -> (any Optimizer)?

  /// Whether a number moves along its own gradient alone, whatever the others are: then some rows of a parameter can move before the
  /// gradient of the next is known.
  var movesEachNumberAlone: Bool { get }

  /// Moves `weights` along `gradient`, in place.
  func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device)
}

extension Optimizer {
  public func slotShape(_ slot: String, of shape: Shape) -> Shape { shape }

  public func with(momentum: Float) -> (any Optimizer)? { nil }

  public var movesEachNumberAlone: Bool { false }

  public var name: String { Self.name }

  public var learningRate: LearningRateSchedule {
    get { settings.learningRate }
    set { settings.learningRate = newValue }
  }

  public var weightDecay: Float {
    get { settings.weightDecay }
    set { settings.weightDecay = newValue }
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

  /// `1 − βᵗ`: what a running average that began at 0 has gathered of its weights by now.
  func gathered(_ beta: Float) -> Double { 1 - power(Double.shortest(beta), update) }
}

/// `base` to a whole power, by squaring.
func power(_ base: Double, _ exponent: Int) -> Double {
  var (result, square, rest) = (1.0, base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return result
}
