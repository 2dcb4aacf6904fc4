import Kernels
import Layers
import Tensors
import Testing
import Training

@Suite("Curves of weighted losses are compared with validation without the weights")
struct WeightedCurveTests {
  private let device = Device(threads: 1)

  /// A model that says 0 to everything, with a kernel of 2, and what it should have said.
  private func line() throws -> (model: Model, targets: Tensor) {
    var model = try Model(sequential: "line", inputShape: [1], seed: 1) { Dense(units: 1) }
    model.parameters[0].value = Tensor([1, 1], [2])
    return (model, Tensor([4, 1], [1, 2, 3, 4]))
  }

  @Test("An epoch knows its loss with and without weights, penalties in both", arguments: [1, 3, 4])
  func numbers(batchSize: Int) throws {
    var (model, targets) = try line()
    let input = Tensor([4, 1], [0, 0, 0, 0])
    var settings = PhaseSettings(
      name: "p", epochs: 1, batchSize: batchSize, loss: MeanSquaredError(), metrics: [],
      optimizer: SGD(learningRate: .constant(0)), seed: 1)
    settings.l2 = 0.25
    func record(_ weights: [Float]?) throws -> EpochRecord {
      var state = TrainingState()
      let result = try Trainer(settings, on: device).train(
        &model, on: InMemory(input: input, targets: Targets(.values(targets), weights: weights)),
        validation: InMemory(input: input, targets: .values(targets)), state: &state)
      return try #require(result.records.first)
    }
    // Squared errors 1, 4, 9, 16; L2 adds 0.25 · 2² = 1.
    let weighted = try record([4, 0, 1, 3])
    #expect(abs(weighted.loss - ((4.0 + 0 + 9 + 48) / 4 + 1)) < 1e-6)
    #expect(abs((weighted.training.unweightedLoss ?? 0) - 8.5) < 1e-6)
    #expect(abs((weighted["val_loss"] ?? 0) - weighted.comparableLoss) < 1e-6)
    let plain = try record(nil)
    #expect(plain.training.unweightedLoss == nil && abs(plain.comparableLoss - 8.5) < 1e-6)
  }

  @Test("So does one of all samples at once, and one with weights of classes")
  func fullBatch() throws {
    let blobs = Blobs(count: 30, seed: 3)
    for optimizer in [LBFGS(), SGD(learningRate: .constant(0))] as [any Optimizer] {
      var model = try Blobs.classifier(seed: 1)
      var settings = PhaseSettings(
        name: "p", epochs: 2, batchSize: 30, loss: CategoricalCrossentropy(), metrics: [], optimizer: optimizer, seed: 1
      )
      settings.classWeights = [5, 0.5, 2]
      var state = TrainingState()
      let result = try Trainer(settings, on: device).train(&model, on: blobs, validation: blobs, state: &state)
      let last = try #require(result.records.last)
      let validated = try #require(last["val_loss"])
      #expect(abs(last.comparableLoss - validated) < 1e-4 * validated, "\(optimizer.name)")
      #expect(abs(last.loss - validated) > 0.1 * validated, "\(optimizer.name)")
    }
  }

  @Test("The verdict follows the losses without weights")
  func verdicts() {
    func curve(_ weighted: [Double], _ plain: [Double]?, _ validated: [Double]) -> LearningCurve {
      LearningCurve(
        weighted.indices.map { epoch in
          EpochRecord(
            phase: "p", epoch: epoch + 1,
            training: EvaluationResult(
              samples: 10, loss: weighted[epoch], unweightedLoss: plain.map { $0[epoch] }, metrics: []),
            validation: EvaluationResult(samples: 10, loss: validated[epoch], metrics: []), learningRate: 0.1,
            seconds: 1)
        })
    }
    let (falling, level) = ([5.0, 4, 3, 2], [0.9, 0.6, 0.6, 0.6])
    let rising = [1.0, 0.8, 0.85, 0.9]
    // What weighs much is learned, at the cost of the rest: nothing is learned by heart.
    #expect(curve(falling, nil, rising).verdict == .highVariance)
    #expect(curve(falling, level, rising).verdict == .settled)
    let reading = curve(level, falling, rising)
    #expect(reading.verdict == .highVariance)
    #expect(reading.explanation.contains("loss (without weights) fell from 4.0 to 2.0"), "\(reading.explanation)")
    #expect(curve(level, falling, falling).explanation.hasPrefix("loss (without weights) 2.0 and val_loss 2.0"))
  }
}
