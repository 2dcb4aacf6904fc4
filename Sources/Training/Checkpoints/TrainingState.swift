public import Layers
import Tensors

/// Where a phase of training stands: with model, data and settings, all that its next step depends on.
///
/// Between two batches it is a value that can be kept, written to a file, and gone on from: what follows is the same, to the
/// last bit, as if training had never stopped. A fresh one begins a phase; a finished phase leaves one that begins the next,
/// with what the optimiser remembers.
public struct TrainingState: Sendable {
  /// What the optimiser remembers.
  public internal(set) var optimizer: OptimizerState
  /// Finished epochs of the phase, validation included.
  public internal(set) var epoch = 0
  /// Finished batches of the epoch that is under way.
  public internal(set) var batch = 0
  /// Finished steps of the phase.
  public internal(set) var step = 0
  /// The learning rate of the last step.
  var learningRate = 0.0
  /// Loss and metrics of the epoch that is under way.
  var running = RunningResult.Sums()
  /// One for each finished epoch.
  var records: [EpochRecord] = []
  /// What early stopping has seen.
  var monitored = BestEpoch.Seen()
  /// What has become of the learning rate on plateaus.
  var plateau = Plateau.Seen()
  /// How strongly the loss pulled at each kernel so far.
  var gradientFlow = GradientFlow()
  /// How long the finished epochs took.
  var seconds = 0.0
  /// The best epoch (from 1) so far and its parameters, by index, of those that the phase moves.
  var best: (epoch: Int, parameters: [Int: Tensor])?
  /// The epoch of early stopping's latest look, where that is what the model goes back to.
  var previous: (epoch: Int, parameters: [Int: Tensor])?

  public init(optimizer: OptimizerState = OptimizerState()) { self.optimizer = optimizer }

  /// The finished epochs of the phase.
  public var finishedRecords: [EpochRecord] { records }

  /// Whether nothing of the phase has happened yet.
  public var isAtStart: Bool { epoch == 0 && batch == 0 }
}

/// Is asked after every batch, and when training is told to stop, whether to keep the state of the run.
///
/// Called on the thread that trains; what it does adds to the time of training.
public protocol TrainingKeeper {
  func batchEnded(_ model: Model, _ state: TrainingState) throws
  /// An epoch is over, its validation included. `model` is what was validated; `isBest`: by what is monitored, it is the best so
  /// far of its phase.
  func epochEnded(_ model: Model, _ state: TrainingState, isBest: Bool) throws
  func stopped(_ model: Model, _ state: TrainingState) throws
}

extension TrainingKeeper {
  public func epochEnded(_ model: Model, _ state: TrainingState, isBest: Bool) {}
}
