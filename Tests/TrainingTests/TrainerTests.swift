import Kernels
import Layers
import Synchronization
import Tensors
import Testing
import Training

@Suite("Training")
struct TrainerTests {
  let device = Device(threads: 1)

  @Test("A dense layer learns to tell blobs apart")
  func blobs() throws {
    let blobs = Blobs(count: 200, seed: 3)
    var model = try Blobs.classifier(seed: 1)
    let result = try train(&model, on: blobs, validation: Blobs(count: 100, seed: 4), epochs: 20)
    let first = try #require(result.records.first)
    let last = try #require(result.records.last)
    #expect(last.loss < first.loss / 2)
    #expect(try #require(last["val_accuracy"]) > 0.95)
    #expect(result.outcome == .completed && result.keptEpoch == 20)
    // 200 samples in batches of 32 are 7 steps: the last batch holds the rest.
    #expect(result.steps == 140)
  }

  @Test("A small convolutional net learns to tell stripes from checks, with batch statistics that move")
  func stripes() throws {
    var model = try Stripes.classifier(seed: 1)
    model.batchNormPolicy = .train
    let before = model.parameters.filter { $0.role == .statistic }.map(\.value)
    let result = try train(
      &model, on: Stripes(count: 96, seed: 1), validation: Stripes(count: 48, seed: 2), epochs: 12,
      optimizer: Adam(learningRate: .constant(0.02)))
    #expect(try #require(result.records.last?["val_accuracy"]) > 0.95)
    #expect(zip(before, model.parameters.filter { $0.role == .statistic }).allSatisfy { $0 != $1.value })
  }

  @Test("A dense layer finds the line through numbers")
  func regression() throws {
    let x = RandomKey(seed: 1).normal(64)
    let data = InMemory(
      input: Tensor([64, 1], x), targets: .values(x.map { 3 * $0 - 1 }))
    var model = try Model(sequential: "line", inputShape: [1], seed: 1) { Dense(units: 1) }
    let metric = MeanError(.rootSquared, name: "root_mean_squared_error")
    var state = TrainingState()
    let settings = PhaseSettings(
      name: "line", epochs: 60, batchSize: 8, loss: MeanSquaredError(), metrics: [metric],
      optimizer: SGD(learningRate: .constant(0.05)), seed: 1)
    let result = try Trainer(settings, on: device).train(&model, on: data, state: &state)
    #expect(try #require(result.records.last?["root_mean_squared_error"]) < 1e-3)
    expectClose(Double(model.parameters[0].value.scalar), 3, within: 1e-3)
    expectClose(Double(model.parameters[1].value.scalar), -1, within: 1e-3)
  }

  @Test("One and two threads give the same bits, another seed gives others")
  func reproducible() throws {
    func trained(threads: Int, seed: UInt64) throws -> [Tensor] {
      var model = try Stripes.classifier(seed: 1)
      model.batchNormPolicy = .train
      _ = try train(
        &model, on: Stripes(count: 40, seed: 1), epochs: 2, seed: seed, on: Device(threads: threads))
      return model.parameters.map(\.value)
    }
    let one = try trained(threads: 1, seed: 5)
    #expect(try trained(threads: 2, seed: 5) == one)
    #expect(try trained(threads: 1, seed: 6) != one)
  }

  @Test("Frozen tensors are the same bytes afterwards, and the fingerprint notices when one is not")
  func frozen() throws {
    var model = try Stripes.classifier(seed: 1)
    try model.train(only: [.matching("dense")])
    let frozen = model.frozenParameters.map { model.parameters[$0].value }
    let moving = model.trainableParameters.map { model.parameters[$0].value }
    let fingerprint = FrozenFingerprint(model)
    _ = try train(&model, on: Stripes(count: 40, seed: 1), epochs: 2)
    #expect(model.frozenParameters.map { model.parameters[$0].value } == frozen)
    #expect(zip(moving, model.trainableParameters).allSatisfy { $0 != model.parameters[$1].value })
    let report = fingerprint.compare(with: model)
    #expect(report == FrozenReport(tensors: frozen.count, changed: []))
    #expect(report.description == "\(frozen.count) tensors, unchanged")

    try model.unfreeze(.all)
    _ = try train(&model, on: Stripes(count: 40, seed: 1), epochs: 1)
    #expect(fingerprint.compare(with: model).changed.contains { $0.hasSuffix("kernel") })
  }

  @Test("A loss that is no number ends training with a message that says where and what to do")
  func diverges() throws {
    var model = try Blobs.classifier(seed: 1, activation: .linear)
    #expect {
      try train(
        &model, on: Blobs(count: 64, seed: 1), epochs: 50, loss: MeanSquaredError(),
        optimizer: SGD(learningRate: .constant(1e6)))
    } throws: { error in
      (error as? TrainingError)?.kind == .diverged && "\(error)".contains("phase \"test\", epoch")
        && "\(error)".contains("learning rate (1000000.0)")
    }
  }

  @Test("A phase without anything to train is refused")
  func nothing() throws {
    var model = try Blobs.classifier(seed: 1)
    try model.freeze(.all)
    #expect { try train(&model, on: Blobs(count: 8, seed: 1), epochs: 1) } throws: { "\($0)".contains("frozen") }
  }

  @Test("Asked to stop, it ends before the next batch and keeps the best finished epoch")
  func cancellation() throws {
    var model = try Blobs.classifier(seed: 1)
    let untouched = model
    let asked = Atomic(0)
    // Seven batches an epoch and four of validation, each asked for once: the third epoch is under way.
    let result = try train(
      &model, on: Blobs(count: 200, seed: 3), validation: Blobs(count: 100, seed: 4), epochs: 20
    ) { asked.add(1, ordering: .relaxed).newValue > 25 }
    #expect(result.outcome == .cancelled && result.records.count == 2 && result.keptEpoch == 2)
    let evaluator = Evaluator(loss: CategoricalCrossentropy(), metrics: [CategoricalAccuracy()], on: device)
    let found = try evaluator.evaluate(model, on: Blobs(count: 100, seed: 4))
    #expect(found?.loss == result.records[1]["val_loss"])

    model = untouched
    let none = try train(&model, on: Blobs(count: 200, seed: 3), epochs: 20) { true }
    #expect(none.outcome == .cancelled && none.records.isEmpty && none.keptEpoch == nil)
    #expect(model.parameters.map(\.value) == untouched.parameters.map(\.value))
  }

  @Test("An optimiser's state can be handed on: two phases of two epochs are then four of one")
  func continuedState() throws {
    let blobs = Blobs(count: 64, seed: 3)
    var whole = try Blobs.classifier(seed: 1)
    var parts = whole
    func settings(_ epochs: Int, first: Int) -> PhaseSettings {
      PhaseSettings(
        name: "p", epochs: epochs, loss: CategoricalCrossentropy(), metrics: [], optimizer: Adam(), seed: 1,
        firstEpoch: first)
    }
    var state = TrainingState()
    _ = try Trainer(settings(4, first: 0), on: device).train(&whole, on: blobs, state: &state)
    state = TrainingState()
    _ = try Trainer(settings(2, first: 0), on: device).train(&parts, on: blobs, state: &state)
    _ = try Trainer(settings(2, first: 2), on: device).train(&parts, on: blobs, state: &state)
    #expect(parts.parameters.map(\.value) == whole.parameters.map(\.value))
    #expect(state.optimizer.entries["dense/kernel"]?.updates == 8)
  }
}
