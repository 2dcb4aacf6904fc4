internal import Execution
package import Kernels
package import Layers
package import Tensors

/// What one batch says of a model.
package struct TrainingPass {
  /// The mean over the batch, with the penalties.
  package let loss: Double
  /// Of the batch, in training mode.
  package let outputs: Tensor
  /// The slope of `loss` for every parameter that is trained.
  package let gradients: Gradients
  /// New values of the statistics that moved, by parameter index.
  package let statistics: [(parameter: Int, value: Tensor)]
}

extension Model {
  /// Forward to the loss and backward to the gradients. The model itself does not change.
  ///
  /// - Parameters:
  ///   - values: the inputs, or the values at a boundary behind which everything is computed.
  ///   - random: the key of this step.
  ///   - sampleIDs: for each sample of the batch what tells it from the others.
  package func trainingPass(
    _ loss: any Loss, _ penalty: Penalty, from values: [ValueID: Tensor], _ targets: Targets, random: RandomKey,
    sampleIDs: [UInt64], on device: Device
  ) -> TrainingPass {
    let program = TrainingProgram(self, from: values.mapValues(\.shape.sample), to: outputs)
    let evaluation = program.evaluate(self, from: values, random: random, sampleIDs: sampleIDs, on: device)
    let outputs = evaluation.outputs[0]
    let statistics = evaluation.statistics
    let value = loss.evaluate(outputs, targets)
    var gradients = evaluation.pullback([value.gradient])
    penalty.add(to: &gradients, of: self)
    return TrainingPass(
      loss: value.mean + penalty.value(self), outputs: outputs, gradients: gradients, statistics: statistics)
  }
}
