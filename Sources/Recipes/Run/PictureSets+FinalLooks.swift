internal import Layers
internal import Tensors
internal import Training

/// What is looked at when the model is finished.
extension PictureSets {
  /// Loss and metrics of the finished model on the validation pictures; nil where there are none.
  ///
  /// - Parameter inspect: is shown the outputs for every batch of them, in their order.
  func finalEvaluation(_ model: Model, inspect: ((Tensor) -> Void)? = nil) throws -> EvaluationResult? {
    guard let validation = lastSources?.validation else { return nil }
    return try evaluator(of: model).evaluate(model, on: validation, inspect: { outputs, _ in inspect?(outputs) })
  }

  /// What the activations behind the last phase's boundary do, on a few pictures for training; nil where none can go wrong.
  func activationHealth(_ model: Model) throws -> ActivationHealth? {
    try lastSources.flatMap { try ActivationHealth(model, on: $0.training, device: device) }
  }

  /// Loss and metrics of the finished model on the test pictures; nil where there are none. Those that cannot be read are left
  /// out.
  mutating func test(_ model: Model, observer: any RunObserver) throws -> EvaluationResult? {
    guard let pictures = plan.test else { return nil }
    let samples = plan.samples(pictures, augmentation: [])
    // As `finetune evaluate` computes it, so that everybody can compute it again.
    let extracted = try FeatureExtraction(samples, through: model, values: model.outputs, on: device)(
      on: device,
      progress: {
        observer.featuresProgressed(done: $0.done, of: $0.total, imagesPerSecond: $0.imagesPerSecond)
      })
    let failures = extracted.failures.map(\.error)
    if !failures.isEmpty {
      skipped += failures
      observer.skipped(failures)
      // The model is finished by now: it must not be lost over pictures that only measure it.
      guard !extracted.kept.isEmpty else {
        observer.noted(
          "warning: not one of the \(failures.count) test pictures can be read, so the model is written untested; mend them, "
            + "then measure it with finetune evaluate")
        return nil
      }
    }
    return try evaluator(of: model).evaluate(model, on: extracted.features)
  }

  /// As the epochs were validated.
  private func evaluator(of model: Model) -> Evaluator {
    Evaluator(
      loss: plan.loss, metrics: plan.metrics, batchSize: plan.recipe.data.batchSize,
      penalty: Penalty(model, l1: plan.recipe.l1, l2: plan.recipe.l2), on: device)
  }
}
