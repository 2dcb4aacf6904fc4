import Layers
import Tensors

extension Trainer {
  /// Says why there is nothing that this phase could train, or watch.
  func check(_ model: Model, _ source: any BatchSource, _ validation: (any BatchSource)?) throws {
    guard model.outputs.count == 1 else {
      throw ConfigError(key: "model", "only models with one output can be trained, this one has \(model.outputs.count)")
    }
    guard source.count > 0 else { throw TrainingError(.mismatch, "there is nothing to train on") }
    guard !model.trainableParameters.isEmpty else {
      throw ConfigError(
        key: "phases.\(settings.name)",
        "every layer is frozen or has nothing to learn; there would be nothing to train. Unfreeze something.")
    }
    try settings.earlyStopping?.check(metrics: settings.metrics, hasValidation: validation != nil)
    try settings.reduceLROnPlateau?.check(metrics: settings.metrics, hasValidation: validation != nil)
  }

  /// What those who watch are told first.
  func phaseStart(
    _ model: Model, _ source: any BatchSource, _ validation: (any BatchSource)?
  ) -> PhaseStart {
    let trainable = model.trainableParameters
    return PhaseStart(
      phase: settings.name, epochs: settings.epochs, samples: source.count, validationSamples: validation?.count ?? 0,
      batchSize: settings.batchSize, trainableTensors: trainable.count,
      trainableParameters: trainable.reduce(0) { $0 + model.parameters[$1].value.count })
  }
}
