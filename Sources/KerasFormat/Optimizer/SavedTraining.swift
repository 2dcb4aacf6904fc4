public import JSON
public import Tensors

/// How a model was compiled, and what its optimizer remembers: with it a run goes on where it stopped, here or in Keras.
///
/// It knows nothing of how an optimizer computes: names, settings and tensors are Keras'.
public struct SavedTraining: Sendable {
  /// Keras' class name: `Adam`.
  public var optimizer: String
  /// The optimizer's settings in Keras' keys: `{"learning_rate": 0.001, "beta_1": 0.9, …}`.
  public var config: JSONValue
  /// Loss and metrics in Keras' names; null where the file does not say.
  public var loss: JSONValue
  public var metrics: JSONValue
  /// How many steps were taken.
  public var iterations: Int
  /// By the path of a parameter, then by Keras' name of what is kept for it: `momentum`, `velocity`.
  public var slots: [String: [String: Tensor]]
  /// Numbers that are kept once: Nadam's `u_product`.
  public var scalars: [String: Float]

  public init(
    optimizer: String, config: JSONValue, loss: JSONValue = nil, metrics: JSONValue = nil, iterations: Int = 0,
    slots: [String: [String: Tensor]] = [:], scalars: [String: Float] = [:]
  ) {
    self.optimizer = optimizer
    self.config = config
    self.loss = loss
    self.metrics = metrics
    self.iterations = iterations
    self.slots = slots
    self.scalars = scalars
  }

  /// Whether files of Keras have a place for what an optimizer of this name and with these settings keeps.
  public static func isKept(_ optimizer: String, config: JSONValue) -> Bool { SlotLayout(optimizer, config) != nil }
}
