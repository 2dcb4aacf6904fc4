/// Is told how training goes: to show progress, or to write it down.
///
/// Called on the thread that trains, between batches; what it does adds to the time of training.
public protocol TrainingObserver {
  func phaseBegan(_ phase: PhaseStart)
  func batchEnded(_ progress: BatchProgress)
  func epochEnded(_ record: EpochRecord)
}

extension TrainingObserver {
  public func phaseBegan(_ phase: PhaseStart) {}
  public func batchEnded(_ progress: BatchProgress) {}
  public func epochEnded(_ record: EpochRecord) {}
}

/// What a phase is about to do.
public struct PhaseStart: Hashable, Sendable {
  public let phase: String
  public let epochs: Int
  public let samples: Int
  public let validationSamples: Int
  public let batchSize: Int
  /// The tensors and the numbers that will move.
  public let trainableTensors: Int
  public let trainableParameters: Int
}

/// How far an epoch has come.
public struct BatchProgress: Hashable, Sendable {
  public let phase: String
  /// 1 for the first.
  public let epoch: Int
  public let epochs: Int
  /// Batches of this epoch that are done, and all of them.
  public let batch: Int
  public let batches: Int
  /// Loss and metrics of the samples of this epoch so far.
  public let result: EvaluationResult
  public let samples: Int
  public let totalSamples: Int
  /// Samples per second in this epoch.
  public let imagesPerSecond: Double
  /// An estimate for the rest of the phase, if it goes through all its epochs.
  public let secondsLeft: Double
}
