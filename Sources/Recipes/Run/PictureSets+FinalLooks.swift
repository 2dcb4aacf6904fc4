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

  /// As the epochs were validated.
  func evaluator(of model: Model) -> Evaluator {
    Evaluator(
      loss: plan.loss, metrics: plan.metrics, batchSize: plan.recipe.data.batchSize,
      penalty: Penalty(model, l1: plan.recipe.l1, l2: plan.recipe.l2), on: device)
  }
}
