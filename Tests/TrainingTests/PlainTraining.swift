import Kernels
import Layers
import Training

/// Trains a classifier by plain means.
@discardableResult
func train(
  _ model: inout Model, on source: any BatchSource, validation: (any BatchSource)? = nil, epochs: Int,
  loss: any Loss = CategoricalCrossentropy(),
  optimizer: any Optimizer = SGD(learningRate: .constant(0.1), momentum: 0.9),
  seed: UInt64 = 1, on device: Device = Device(threads: 1), shouldStop: @Sendable () -> Bool = { false }
) throws -> PhaseResult {
  let settings = PhaseSettings(
    name: "test", epochs: epochs, loss: loss, metrics: [CategoricalAccuracy()], optimizer: optimizer, seed: seed)
  var state = TrainingState()
  return try Trainer(settings, on: device).train(
    &model, on: source, validation: validation, state: &state, shouldStop: shouldStop)
}
