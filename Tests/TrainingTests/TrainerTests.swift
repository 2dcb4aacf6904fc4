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

  @Test("The gradient of the whole model, L2 included, is the slope of its loss")
  func wholeGradient() throws {
    let model = try Stripes.classifier(seed: 2, activation: .tanh, regularizer: Regularizer(l1: 0.01, l2: 0.03))
    let data = Stripes(count: 8, seed: 1)
    let indices = Array(0..<8)
    let values = data.batch(indices, epoch: 0, on: device)
    let penalty = Penalty(model, l2: 0.05)
    func pass(_ model: Model) -> TrainingPass {
      model.trainingPass(
        CategoricalCrossentropy(), penalty, from: values, data.targets, random: RandomKey(seed: 1),
        sampleIDs: indices.map(UInt64.init), on: device)
    }
    let gradients = pass(model).gradients
    // A power of two moves a number exactly. What is left is single precision in the loss, 1e-7 of it over twice the step,
    // and the third derivative times the step squared.
    let step: Float = 0x1p-6
    for parameter in model.trainableParameters {
      let gradient = try #require(gradients[parameter]).elements
      let scale = Double(gradient.map(abs).max() ?? 0)
      for element in stride(from: 0, to: gradient.count, by: max(1, gradient.count / 5) | 1) {
        // At 0 the absolute value has a kink, which a difference across it does not see.
        if abs(model.parameters[parameter].value.elements[element]) <= step { continue }
        func loss(_ move: Float) -> Double {
          var moved = model
          unsafe moved.parameters[parameter].value.withUnsafeMutableElements { unsafe $0[element] += move }
          return pass(moved).loss
        }
        let slope = (loss(step) - loss(-step)) / Double(2 * step)
        #expect(
          abs(slope - Double(gradient[element])) < 5e-3 * max(scale, 0.01),
          "\(model.parameters[parameter].path)[\(element)]: \(gradient[element]), slope \(slope)")
      }
    }
  }

  @Test("L2 is Keras': l2 · Σ w² of trained kernels, and twice that as slope")
  func penalty() throws {
    var model = try Model(
      sequential: "two", inputShape: [2],
      [("first", Dense(units: 2)), ("second", Dense(units: 1, kernelRegularizer: Regularizer(l2: 0.5)))], seed: 1)
    model.parameters[0].value = Tensor([2, 2], [1, -2, 3, 0])
    model.parameters[2].value = Tensor([2, 1], [2, -1])
    model.parameters[3].value = Tensor([1], [10])
    // Keras adds what layers carry, only for what is trained; the recipe's 0.1 counts for both kernels and for no bias.
    expectClose(Penalty(model, l2: 0.1).value(model), 0.1 * (1 + 4 + 9) + (0.1 + 0.5) * (4 + 1))
    expectClose(Penalty(model).value(model), 0.5 * 5)
    try model.freeze(.matching("second"))
    expectClose(Penalty(model, l2: 0.1).value(model), 0.1 * 14)
  }

  @Test("A steady step neither copies parameters nor asks the system for memory")
  func inPlace() throws {
    var model = try Stripes.classifier(seed: 1)
    let data = Stripes(count: 16, seed: 1)
    let indices = Array(0..<16)
    var state = OptimizerState()
    func addresses(_ model: Model) -> [UInt] {
      model.parameters.map { unsafe $0.value.withUnsafeElements { UInt(bitPattern: $0.baseAddress) } }
    }
    func step() {
      let pass = model.trainingPass(
        CategoricalCrossentropy(), Penalty(model, l2: 0.01), from: data.batch(indices, epoch: 0, on: device),
        data.targets, random: RandomKey(seed: 1), sampleIDs: indices.map(UInt64.init), on: device)
      state.move(&model, along: pass.gradients, Adam(), rate: 0.001, on: device)
    }
    for _ in 0..<3 { step() }
    let (places, numbers) = (addresses(model), model.parameters.map { $0.value.elements })
    let blocks = device.buffers.createdBlockCount
    for _ in 0..<3 { step() }
    #expect(addresses(model) == places)
    #expect(device.buffers.createdBlockCount == blocks)
    #expect(model.parameters.map { $0.value.elements } != numbers)
  }

  @Test("A parameter that moves while others wait for their gradients is not copied, and moves as with all at once")
  func oneByOne() throws {
    let data = Stripes(count: 32, seed: 1)
    var model = try Stripes.classifier(seed: 1, regularizer: Regularizer(l2: 0.01))
    var reference = model
    func addresses(_ model: Model) -> [UInt] {
      model.trainableParameters.map { index in
        unsafe model.parameters[index].value.withUnsafeElements { UInt(bitPattern: $0.baseAddress) }
      }
    }
    try train(&model, on: data, epochs: 1)  // the snapshot of the reference has its own memory from here on
    let places = addresses(model)
    try train(&model, on: data, epochs: 1)
    #expect(addresses(model) == places)

    let settings = PhaseSettings(
      name: "test", epochs: 1, batchSize: 32, loss: CategoricalCrossentropy(), metrics: [], optimizer: Adam(), seed: 1)
    var moved = reference
    var state = TrainingState()
    _ = try Trainer(settings, on: device).train(&moved, on: data, state: &state)
    let key = RandomKey(seed: 1).folding("test")
    let order = key.folding("shuffle").folding(0).permutation(32)
    let pass = reference.trainingPass(
      settings.loss, Penalty(reference), from: data.batch(order, epoch: 0, on: device), data.targets[order],
      random: key.folding("step").folding(0), sampleIDs: order.map(UInt64.init), on: device)
    var other = OptimizerState()
    other.move(&reference, along: pass.gradients, settings.optimizer, rate: 0.001, on: device)
    for index in reference.trainableParameters {
      #expect(moved.parameters[index].value == reference.parameters[index].value)
    }
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

  @discardableResult
  private func train(
    _ model: inout Model, on source: any BatchSource, validation: (any BatchSource)? = nil, epochs: Int,
    loss: any Loss = CategoricalCrossentropy(),
    optimizer: any Optimizer = SGD(learningRate: .constant(0.1), momentum: 0.9),
    seed: UInt64 = 1, on device: Device? = nil, shouldStop: @Sendable () -> Bool = { false }
  ) throws -> PhaseResult {
    let settings = PhaseSettings(
      name: "test", epochs: epochs, loss: loss, metrics: [CategoricalAccuracy()], optimizer: optimizer, seed: seed)
    var state = TrainingState()
    return try Trainer(settings, on: device ?? self.device).train(
      &model, on: source, validation: validation, state: &state, shouldStop: shouldStop)
  }
}
