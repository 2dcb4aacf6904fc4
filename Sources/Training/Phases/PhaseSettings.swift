public import Kernels
import Tensors

/// How one phase of training goes. Which parameters it moves is the model's own affair: what is not frozen.
public struct PhaseSettings: Sendable {
  /// In histories and messages.
  public var name: String
  public var epochs: Int
  /// The epoch after which the phase ends, while its schedules go on as for all `epochs`; nil for the last one.
  public var lastEpoch: Int?
  /// Samples per step. One gives stochastic, all of them batch gradient descent, anything between mini-batches.
  ///
  /// The last batch of an epoch holds the rest and weighs as much as the others in its step, as in Keras.
  public var batchSize = 32
  public var loss: any Loss
  public var metrics: [any Metric]
  public var optimizer: any Optimizer
  /// Penalties on all kernels that are trained; see `Penalty`.
  public var l2: Float = 0
  public var l1: Float = 0
  public var earlyStopping: EarlyStopping?
  public var reduceLROnPlateau: ReduceLROnPlateau?
  /// What steps multiply where this machine gains by it, see `Device.training(in:)`; L-BFGS always float32 numbers. Keras calls
  /// the policy with bfloat16 `mixed_bfloat16`.
  public var precision = Precision.float32
  /// What the rate of each layer is multiplied by.
  public var layerRates = LayerRates()
  /// For a phase that thaws layers as it goes on: the epoch, from 0, before which this stretch of it ends, and all layers that
  /// are free in the end of the phase, as indices into the model's instances. Nil for a phase of one piece.
  public var stage: (end: Int, trainedInTheEnd: Set<Int>)?
  /// Which samples an epoch goes through.
  public var sampling = Sampling.shuffled
  /// What a sample counts by its class, in the order of the classes; nil for 1.
  public var classWeights: [Float]?
  /// Everything random in the phase follows from it and the phase's name: the order of samples, dropout.
  public var seed: UInt64
  /// How many epochs earlier phases had: the order and the augmentation of this phase's first epoch go on from there.
  public var firstEpoch = 0

  public init(
    name: String, epochs: Int, batchSize: Int = 32, loss: any Loss, metrics: [any Metric], optimizer: any Optimizer,
    l2: Float = 0, earlyStopping: EarlyStopping? = nil, seed: UInt64, firstEpoch: Int = 0
  ) {
    precondition(epochs >= 0 && batchSize >= 1, "\(epochs) epochs of batches of \(batchSize)")
    self.name = name
    self.epochs = epochs
    self.batchSize = batchSize
    self.loss = loss
    self.metrics = metrics
    self.optimizer = optimizer
    self.l2 = l2
    self.earlyStopping = earlyStopping
    self.seed = seed
    self.firstEpoch = firstEpoch
  }

  /// The learning rate of a batch; with gradient accumulation several batches make one step.
  func rate(batch: Int, of batches: Int, batchesPerEpoch: Int) -> Double {
    let size = optimizer.settings.gradientAccumulationSteps
    return optimizer.learningRate.rate(
      step: batch / size, of: max(1, batches / size), stepsPerEpoch: max(1, batchesPerEpoch / size))
  }

  /// The optimiser of a batch: the phase's own, with the momentum that its schedule gives the step.
  func optimizer(batch: Int, of batches: Int, batchesPerEpoch: Int) -> any Optimizer {
    let size = optimizer.settings.gradientAccumulationSteps
    let momentum = optimizer.learningRate.momentum(
      step: batch / size, of: max(1, batches / size), stepsPerEpoch: max(1, batchesPerEpoch / size))
    return momentum.flatMap { optimizer.with(momentum: Float($0)) } ?? optimizer
  }

  /// How many epochs there are at most.
  var epochLimit: Int { min(epochs, lastEpoch ?? epochs) }

  /// The samples of an epoch (from 0, over all phases) in their order; one that is drawn again has a number of its own, see
  /// `tellingDrawsApart`.
  package func order(of targets: Targets, epoch: Int) -> [Int] {
    sampling.order(of: targets, key: key.folding("shuffle").folding(UInt64(epoch)))
      .tellingDrawsApart(count: targets.count)
  }

  var key: RandomKey { RandomKey(seed: seed).folding(name) }
}

/// What a phase did.
public struct PhaseResult: Hashable, Sendable, Codable {
  public enum Outcome: Hashable, Sendable, Codable {
    /// All epochs are done.
    case completed
    /// Nothing improved any more; the epoch (from 1) after which training stopped.
    case stoppedEarly(epoch: Int)
    /// Somebody asked to stop.
    case cancelled
  }

  /// One for each finished epoch.
  public let records: [EpochRecord]
  public let outcome: Outcome
  /// The epoch (from 1) at whose end the model was as it is now; nil if it was stopped within its first epoch.
  public let keptEpoch: Int?
  /// Optimiser steps.
  public let steps: Int
  /// How strongly the loss pulled at each kernel, at the first step of every epoch.
  public let gradientFlow: GradientFlow
  public let seconds: Double

  /// The record of the kept epoch.
  public var kept: EpochRecord? { records.first { $0.epoch == keptEpoch } }
}
