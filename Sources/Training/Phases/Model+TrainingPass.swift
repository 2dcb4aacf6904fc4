internal import Execution
package import Kernels
package import Layers
package import Tensors

/// What one batch says of a model.
package struct TrainingPass {
  /// The mean over the batch, with the penalties.
  package let loss: Double
  /// The same, each sample counting the same.
  package let unweightedLoss: Double
  /// Of the batch, in training mode.
  package let outputs: Tensor
  /// The slope of `loss` for every parameter that is trained.
  package let gradients: Gradients
  /// New values of the statistics that moved, by parameter index.
  package let statistics: [(parameter: Int, value: Tensor)]
}

/// A batch that has gone forward to the loss, and whose way back is still to come.
package struct ForwardPass: ~Copyable {
  /// The mean over the batch, with the penalties.
  package let loss: Double
  /// The same, each sample counting the same.
  package let unweightedLoss: Double
  /// Of the batch, in training mode.
  package let outputs: Tensor
  /// New values of the statistics that moved, by parameter index.
  package let statistics: [(parameter: Int, value: Tensor)]
  private let evaluation: ModelEvaluation
  private let slope: Tensor

  fileprivate init(
    loss: Double, unweightedLoss: Double, outputs: Tensor, statistics: [(parameter: Int, value: Tensor)],
    evaluation: consuming ModelEvaluation, slope: Tensor
  ) {
    (self.loss, self.unweightedLoss) = (loss, unweightedLoss)
    (self.outputs, self.statistics, self.slope) = (outputs, statistics, slope)
    self.evaluation = evaluation
  }

  /// Hands over each parameter's slope of the loss, without the penalties, as soon as it is complete: from the last layers to
  /// the first. Nothing reads that parameter any more then.
  package consuming func backward(_ deliver: (_ parameter: Int, _ gradient: consuming Tensor) -> Void) {
    let slope = slope
    evaluation.pullback([slope], deliver: deliver)
  }

  /// The same, handing over what can be made in rows as it is.
  package consuming func backward(
    _ deliver: (_ parameter: Int, _ gradient: consuming Tensor) -> Void,
    rows deliverRows: (_ parameter: Int, _ gradient: consuming GradientRows) -> Void
  ) {
    let slope = slope
    evaluation.pullback([slope], deliver: deliver, deliverRows: deliverRows)
  }
}

extension Model {
  /// Forward to the loss. The model itself does not change.
  ///
  /// - Parameters:
  ///   - values: the inputs, or the values at a boundary behind which everything is computed.
  ///   - random: the key of this step.
  ///   - sampleIDs: for each sample of the batch what tells it from the others.
  package func forwardPass(
    _ loss: any Loss, _ penalty: Penalty, from values: [ValueID: Tensor], _ targets: Targets, random: RandomKey,
    sampleIDs: [UInt64], on device: Device
  ) -> ForwardPass {
    let program = TrainingProgram(self, from: values.mapValues(\.shape.sample), to: outputs)
    let evaluation = program.evaluate(self, from: values, random: random, sampleIDs: sampleIDs, on: device)
    let (outputs, statistics) = (evaluation.outputs[0], evaluation.statistics)
    let value = loss.evaluate(outputs, targets)
    let penalty = penalty.value(self)
    return ForwardPass(
      loss: value.mean + penalty, unweightedLoss: value.unweightedMean + penalty, outputs: outputs,
      statistics: statistics, evaluation: evaluation, slope: value.gradient)
  }

  /// Forward to the loss and backward to the gradients. The model itself does not change.
  package func trainingPass(
    _ loss: any Loss, _ penalty: Penalty, from values: [ValueID: Tensor], _ targets: Targets, random: RandomKey,
    sampleIDs: [UInt64], on device: Device
  ) -> TrainingPass {
    let pass = forwardPass(loss, penalty, from: values, targets, random: random, sampleIDs: sampleIDs, on: device)
    let (mean, unweighted, outputs, statistics) = (pass.loss, pass.unweightedLoss, pass.outputs, pass.statistics)
    var gradients = Gradients(parameterCount: parameters.count)
    pass.backward { parameter, gradient in
      var gradient = gradient
      penalty.add(to: &gradient, ofParameter: parameter, in: self)
      gradients[parameter] = gradient
    }
    return TrainingPass(
      loss: mean, unweightedLoss: unweighted, outputs: outputs, gradients: gradients, statistics: statistics)
  }
}
