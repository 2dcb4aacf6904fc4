import JSON
import Kernels
import Layers
import Tensors
import Testing
import Training

@Suite("Moves row by row")
struct RowwiseMoveTests {
  /// Settings under which numbers move alone, and some under which they do not.
  static let optimizers: [JSONValue] =
    OptimizerRegistry.names.filter { $0 != "lbfgs" }.map { ["name": .string($0), "learning_rate": 0.01] } + [
      ["name": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": true, "weight_decay": 0.01],
      ["name": "sgd", "learning_rate": 0.1, "momentum": 0.9, "running_average": true],
      ["name": "adam", "amsgrad": true, "weight_decay": 0.1],
      ["name": "rmsprop", "momentum": 0.9, "centered": true],
    ]

  @Test(
    "A parameter that moves row by row becomes the same, bit for bit, with all that is remembered",
    arguments: optimizers)
  func sameBits(_ config: JSONValue) throws {
    let optimizer = try OptimizerRegistry.optimizer(config)
    let needsWhole = ["lamb", "adafactor"].contains(optimizer.name)
    #expect(optimizer.movesEachNumberAlone == !needsWhole)
    guard optimizer.movesEachNumberAlone else { return }
    let start = try Model(sequential: "wide", inputShape: [2100], seed: 1) { Dense(units: 1021, usesBias: false) }
    for threads in [1, 2] {
      let device = Device(threads: threads)
      var (whole, rowwise) = (start, start)
      var (wholeState, rowwiseState) = (OptimizerState(), OptimizerState())
      for step in 0..<3 as Range<UInt64> {
        let gradient = GradientRows(
          Tensor([2, 2100], RandomKey(seed: step).normal(4200)),
          Tensor([2, 1021], RandomKey(seed: 9 + step).normal(2042)), on: device)
        wholeState.beginStep(optimizer)
        wholeState.move(&whole, 0, along: gradient.whole(), optimizer, rate: 0.01, on: device)
        wholeState.endStep(&whole)
        rowwiseState.beginStep(optimizer)
        rowwiseState.move(&rowwise, 0, along: gradient, optimizer, rate: 0.01, on: device) { slopes, weights, move in
          move(&weights, slopes)
        }
        rowwiseState.endStep(&rowwise)
      }
      #expect(whole.parameters[0].value == rowwise.parameters[0].value)
      #expect(rowwise.parameters[0].value != start.parameters[0].value)
      #expect(wholeState.entries.mapValues(\.slots) == rowwiseState.entries.mapValues(\.slots))
      #expect(wholeState.entries.mapValues(\.updates) == rowwiseState.entries.mapValues(\.updates))
    }
  }

  /// A dense layer of a million weights behind a small one.
  private static func wide() throws -> Model {
    var large = Dense(units: 1030, activation: .relu(), kernelRegularizer: Regularizer(l1: 1e-4, l2: 1e-3))
    large.biasRegularizer = Regularizer(l1: 0, l2: 1e-2)
    let layer = large
    return try Model(sequential: "wide", inputShape: [2], seed: 1) {
      Dense(units: 1024, activation: .relu())
      layer
      Dense(units: 3, activation: .softmax)
    }
  }

  private func trained(_ optimizer: any Optimizer, threads: Int) throws -> (model: Model, flow: GradientFlow) {
    var settings = PhaseSettings(
      name: "p", epochs: 2, batchSize: 4, loss: CategoricalCrossentropy(), metrics: [], optimizer: optimizer, l2: 0.01,
      seed: 1)
    settings.layerRates = LayerRates(layerDecay: 0.5)
    var (model, state) = (try Self.wide(), TrainingState())
    let result = try Trainer(settings, on: Device(threads: threads)).train(
      &model, on: Blobs(count: 8, seed: 1), state: &state)
    return (model, result.gradientFlow)
  }

  @Test(
    "A phase gives the same bits as with all gradients at once, penalties, decay, rates per layer and looks included")
  func phase() throws {
    let configs: [JSONValue] = [
      ["name": "adamw"], ["name": "sgd", "momentum": 0.9, "nesterov": true], ["name": "lamb"],
    ]
    for config in configs {
      let optimizer = try OptimizerRegistry.optimizer(config)
      var together = optimizer
      // So long a limit changes nothing but that all gradients must be known before one parameter moves.
      together.settings.clipping = .globalNorm(1e30)
      let expected = try trained(together, threads: 1)
      for threads in [1, 2] {
        let found = try trained(optimizer, threads: threads)
        #expect(found.model.parameters.map(\.value) == expected.model.parameters.map(\.value), "\(config.text)")
        #expect(found.flow == expected.flow && found.flow.rows.count == 3 && found.flow.steps == 2)
      }
    }
  }

  @Test("A constraint comes before the look at how far a kernel has moved")
  func constrained() throws {
    var dense = Dense(units: 3, activation: .softmax)
    dense.kernelConstraint = .maxNorm(0.1)
    let layer = dense
    let start = try Model(sequential: "held", inputShape: [2], seed: 1) { layer }
    var (model, state) = (start, TrainingState())
    let settings = PhaseSettings(
      name: "p", epochs: 1, batchSize: 32, loss: CategoricalCrossentropy(), metrics: [],
      optimizer: SGD(learningRate: .constant(0.5)), seed: 1)
    let result = try Trainer(settings, on: Device(threads: 1)).train(
      &model, on: Blobs(count: 32, seed: 1), state: &state)
    let (old, new) = (start.parameters[0].value.elements, model.parameters[0].value.elements)
    let move = zip(old, new).reduce(0.0) { $0 + (Double($1.1) - Double($1.0)) * (Double($1.1) - Double($1.0)) }
    let size = old.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs(try #require(result.gradientFlow.rows.first).update - (move / size).squareRoot()) < 1e-9)
  }

  @Test("No step holds a large gradient, nor all gradients together, not even one that is looked at")
  func memory() throws {
    // 16 million weights, 64 MB, so that the kernel is looked at.
    var model = try Model(sequential: "wide", inputShape: [2], seed: 1) {
      Dense(units: 4000, activation: .relu())
      Dense(units: 4000, activation: .relu())
      Dense(units: 3, activation: .softmax)
    }
    let device = Device(threads: 1)
    let settings = PhaseSettings(
      name: "p", epochs: 1, batchSize: 4, loss: CategoricalCrossentropy(), metrics: [],
      optimizer: SGD(learningRate: .constant(0.01), momentum: 0.9), seed: 1)
    var state = TrainingState()
    func addresses(_ model: Model) -> [UInt] {
      model.parameters.map { unsafe $0.value.withUnsafeElements { UInt(bitPattern: $0.baseAddress) } }
    }
    let places = addresses(model)
    let result = try Trainer(settings, on: device).train(&model, on: Blobs(count: 8, seed: 1), state: &state)
    #expect(result.gradientFlow.rows.count == 3)
    #expect(addresses(model) == places, "weights were copied")
    #expect(device.buffers.byteCount < 12_000_000, "\(device.buffers.byteCount) bytes")
  }
}
