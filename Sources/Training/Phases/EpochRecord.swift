/// What one epoch of training gave.
public struct EpochRecord: Hashable, Sendable, Codable {
  /// The phase's name.
  public let phase: String
  /// 1 for the first of the phase.
  public let epoch: Int
  /// Loss and metrics on the training data, while the model was learning: the mean over the epoch, in training mode.
  public let training: EvaluationResult
  /// Loss and metrics on the validation data, of the model at the epoch's end.
  public let validation: EvaluationResult?
  /// The rate of the epoch's last step.
  public let learningRate: Double
  /// How long the epoch took, validation included.
  public let seconds: Double

  public init(
    phase: String, epoch: Int, training: EvaluationResult, validation: EvaluationResult?, learningRate: Double,
    seconds: Double
  ) {
    self.phase = phase
    self.epoch = epoch
    self.training = training
    self.validation = validation
    self.learningRate = learningRate
    self.seconds = seconds
  }

  public var loss: Double { training.loss }

  /// The training loss as validation counts it: every sample the same, whatever it weighs while the model learns.
  public var comparableLoss: Double { training.unweightedLoss ?? loss }

  /// A value by its name in Keras' logs: `loss`, `accuracy`, `val_loss`, `val_accuracy`.
  public subscript(name: String) -> Double? {
    name.hasPrefix("val_") ? validation?[String(name.dropFirst(4))] : training[name]
  }
}
