public import Images
public import JSON
public import Kernels
public import Training

/// What came out of a run.
public struct RunReport: Sendable {
  public struct Phase: Sendable {
    public let name: String
    public let result: PhaseResult
  }

  /// The folder with the results.
  public let output: String
  public let seconds: Double
  /// Pictures used, for training and validation together.
  public let imageCount: Int
  /// Pictures left out because they cannot be read.
  public let skipped: [ImageError]
  /// How much of the frozen part came from the cache.
  public let features: FeatureUse
  /// Tensors that no phase was to move; all of them were found unchanged.
  public let frozenTensorCount: Int
  public let phases: [Phase]
  /// Loss and metrics of the model that was kept, on the validation pictures.
  public let final: EvaluationResult?
  /// Those on the test pictures, which nothing before has seen.
  public internal(set) var test: EvaluationResult?
  public let history: History
  /// Whether somebody stopped it before its end.
  public let isCancelled: Bool
  /// Whether the recipe's time limit ended it.
  public let hitTimeLimit: Bool
  public let classNames: [String]
  /// The names of the models that were saved on the way, in `output`.
  public let savedModels: [String]
  /// Dead and saturated units in the end; nil where no activation can be either.
  public let activations: RunDiagnosis.Activations?
  /// What of the frozen part was computed in bfloat16.
  public let bfloat16: BFloat16Use
  /// What training steps multiplied.
  public let trainingPrecision: Precision
  /// What the folds of a cross-validation gave; then `final` is their mean, and `phases` are those of the model that was
  /// trained on all pictures, if one was.
  public var folds: FoldSummary?
}

extension RunReport {
  /// What the curves and gradients of the phases tell.
  public var diagnosis: RunDiagnosis {
    RunDiagnosis(phases, classCount: classNames.count, activations: activations)
  }

  /// `metrics.json`, with Keras' metric names.
  public var json: JSONValue {
    var report: OrderedDictionary<String, JSONValue> = [
      "seconds": .number(Self.rounded(seconds)),
      "images": .integer(imageCount),
      "skipped": .array(skipped.map { ["file": .string($0.path), "reason": .string($0.reason)] }),
      "features": features.json,
      "frozen": ["tensors": .integer(frozenTensorCount), "unchanged": true],
      "precision": .string(bfloat16.description),
      "training_precision": .string(trainingPrecision.rawValue),
      "phases": .array(phases.map(Self.json)),
    ]
    report["diagnosis"] = diagnosis.json
    report["activations"] = activations?.json
    if isCancelled || hitTimeLimit { report["stopped"] = true }
    if hitTimeLimit { report["time_limit"] = true }
    if let final {
      report["val_loss"] = .number(final.loss)
      for metric in final.metrics { report["val_" + metric.name] = .number(metric.value) }
    }
    if let folds { report.merge(folds.json) { $1 } }
    if let test {
      report["test_images"] = .integer(test.samples)
      report["test_loss"] = .number(test.loss)
      for metric in test.metrics { report["test_" + metric.name] = .number(metric.value) }
    }
    return .object(report)
  }

  private static func json(_ phase: Phase) -> JSONValue {
    var object: OrderedDictionary<String, JSONValue> = [
      "name": .string(phase.name),
      "epochs": .integer(phase.result.records.count),
      "seconds": .number(rounded(phase.result.seconds)),
    ]
    // The values of the epoch whose weights the phase ended with.
    if let kept = phase.result.kept ?? phase.result.records.last {
      object["loss"] = .number(kept.loss)
      for metric in kept.training.metrics { object[metric.name] = .number(metric.value) }
      if let validation = kept.validation {
        object["val_loss"] = .number(validation.loss)
        for metric in validation.metrics { object["val_" + metric.name] = .number(metric.value) }
      }
    }
    return .object(object)
  }

  private static func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
}
