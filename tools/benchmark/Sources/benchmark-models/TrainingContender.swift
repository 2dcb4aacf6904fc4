import FineTune
import Synchronization

/// Whole training steps: forward with the batch's statistics, backward, and the move of all weights.
struct TrainingContender: Contender {
  private var model: Model
  private var state = TrainingState()
  private let pictures: Pictures
  private let precision: Precision
  private let device: Device
  private var losses: [Double] = []

  init(_ model: Model, _ pictures: Pictures, _ precision: Precision, on device: Device) throws {
    self.model = model
    try self.model.unfreeze(.all)
    self.model.batchNormPolicy = .train
    self.pictures = pictures
    self.precision = precision
    self.device = device
  }

  mutating func run(_ count: Int) throws -> [Double] {
    let batch = pictures.classes.count
    var settings = PhaseSettings(
      name: "steps", epochs: 1, batchSize: batch, loss: CategoricalCrossentropy(), metrics: [],
      optimizer: SGD(learningRate: .constant(1e-3), momentum: 0.9), seed: 1)
    settings.precision = precision
    let source = SameBatch(value: model.inputs[0].value, pictures: pictures, batches: count)
    let steps = StepClock()
    _ = try Trainer(settings, on: device).train(&model, on: source, state: &state, observer: steps)
    losses = steps.losses
    return steps.seconds
  }

  /// The loss of the first step of the last run.
  var output: [Double] { Array(losses.prefix(1)) }
}

/// The same batch again and again, whatever order it is asked for in.
private struct SameBatch: BatchSource {
  let value: ValueID
  let pictures: Pictures
  let batches: Int

  var count: Int { batches * pictures.classes.count }

  var targets: Targets {
    .classes((0..<count).map { pictures.classes[$0 % pictures.classes.count] }, count: Pictures.classCount)
  }

  var inputShapes: [Shape] { [pictures.tensor.shape.sample] }

  func batch(_ indices: [Int], epoch: Int, on device: Device) -> [ValueID: Tensor] {
    let size = pictures.classes.count
    return [value: pictures.tensor.gathering(samples: indices.map { $0 % size }, in: device.buffers)]
  }
}

/// Takes the time between the ends of steps.
private final class StepClock: TrainingObserver {
  private var last = ContinuousClock.now
  private(set) var seconds: [Double] = []
  private(set) var losses: [Double] = []

  func phaseBegan(_ phase: PhaseStart) { last = .now }

  func batchEnded(_ progress: BatchProgress) {
    seconds.append(last.secondsSince)
    losses.append(progress.result.loss)
    last = .now
  }
}
