import JSON
import Kernels
import Layers
import Tensors
import Testing
import Training

/// Expected values were computed by Keras 3.15.1 with `KERAS_BACKEND=numpy`: ten steps of `optimizer.apply`, by
/// tools/reference-numbers.
@Suite("Optimisers")
struct OptimizerTests {
  private static let references = ReferenceNumbers.keras["optimizers"] ?? .null
  static let cases = references["cases"]?.list ?? []

  /// A model whose parameters are the kernel [3, 4] and the bias [4] that Keras moved.
  private static func model() throws -> Model {
    var model = try Model(sequential: "two", inputShape: [3], seed: 1) { Dense(units: 4) }
    for (index, weights) in (references["weights"]?.list ?? []).enumerated() {
      model.parameters[index].value = Tensor(model.parameters[index].shape, weights.floats)
    }
    return model
  }

  private static func gradients(_ step: Int, of model: Model) -> Gradients {
    var gradients = Gradients(parameterCount: 2)
    let numbers = references["gradients"]?.list[step].list ?? []
    for (index, numbers) in numbers.enumerated() {
      gradients[index] = Tensor(model.parameters[index].shape, numbers.floats)
    }
    return gradients
  }

  @Test("Ten steps give Keras' numbers", arguments: cases.indices)
  func steps(_ index: Int) throws {
    let config = try #require(Self.cases[index]["config"])
    let optimizer = try OptimizerRegistry.optimizer(config)
    for threads in [1, 2] {
      let device = Device(threads: threads)
      var (model, state) = (try Self.model(), OptimizerState())
      for (step, expected) in (Self.cases[index]["steps"]?.list ?? []).enumerated() {
        let rate = optimizer.learningRate.rate(step: step, of: 10)
        state.move(&model, along: Self.gradients(step, of: model), optimizer, rate: rate, on: device)
        expect(model, expected.list, "\(config.text), step \(step + 1)")
      }
      if let final = Self.cases[index]["final"] { expect(state.averaged(model), final.list, "\(config.text), average") }
      #expect(state.batches == 10)
    }
  }

  @Test("The first step of Adam is as long as the rate, to the last bits, and of equal gradients so is every other")
  func adamIsCorrected() throws {
    var model = try Self.model()
    let device = Device(threads: 1)
    var state = OptimizerState()
    model.parameters[0].value = Tensor(zeros: [3, 4])
    for step in 1...5 {
      var gradients = Gradients(parameterCount: 2)
      gradients[0] = Tensor(repeating: 2, [3, 4])
      state.move(&model, along: gradients, Adam(epsilon: 0), rate: 0.5, on: device)
      for weight in model.parameters[0].value.elements {
        #expect(abs(Double(weight) + 0.5 * Double(step)) < 2e-6 * 0.5 * Double(step))
      }
    }
  }

  @Test("There are cases for every optimiser that Keras has, and for what all have in common")
  func complete() {
    let named = Set(Self.cases.compactMap { $0["config"]?["name"]?.stringValue })
    #expect(named == Set(OptimizerRegistry.names.filter { $0 != "lbfgs" }))
    let keys = Set(Self.cases.flatMap { $0["config"]?.objectValue?.keys.map { $0 } ?? [] })
    #expect(
      keys.isSuperset(of: [
        "weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "gradient_accumulation_steps", "use_ema",
        "ema_overwrite_frequency", "amsgrad", "centered",
      ]))
  }

  /// To a part in 100,000 of the largest number: Keras rounds every operation to single precision, in another order.
  private func expect(_ model: Model, _ expected: [JSONValue], _ place: String) {
    for (parameter, numbers) in zip(model.parameters, expected) {
      let wanted = numbers.doubles
      let scale = wanted.map(abs).max() ?? 1
      let far = zip(parameter.value.elements, wanted).map { abs(Double($0) - $1) }.max() ?? .infinity
      #expect(
        parameter.value.count == wanted.count && far <= 1e-5 * scale,
        "\(place), \(parameter.path): off by \(far)")
    }
  }

  @Test("Momentum as a running average follows its formula", arguments: [false, true])
  func runningAverage(nesterov: Bool) throws {
    let optimizer = try OptimizerRegistry.optimizer([
      "name": "sgd", "learning_rate": 0.1, "momentum": 0.9, "running_average": true, "nesterov": .bool(nesterov),
    ])
    let device = Device(threads: 1)
    var (model, state) = (try Self.model(), OptimizerState())
    var weights = model.parameters[0].value.elements.map(Double.init)
    var average = weights.map { _ in 0.0 }
    for step in 0..<10 {
      let gradients = Self.gradients(step, of: model)
      for (index, g) in try #require(gradients[0]).elements.enumerated() {
        average[index] = 0.9 * average[index] + 0.1 * Double(g)
        weights[index] -= 0.1 * (nesterov ? 0.9 * average[index] + 0.1 * Double(g) : average[index])
      }
      state.move(&model, along: gradients, optimizer, rate: 0.1, on: device)
    }
    for (found, expected) in zip(model.parameters[0].value.elements, weights) {
      #expect(abs(Double(found) - expected) < 1e-5)
    }
    #expect(state.slotNames == ["momentum"] && state.entries["dense/kernel"]?.updates == 10)
  }

  @Test("Gradients gathered over two batches make a step, and a state that is put together goes on as before")
  func accumulationAndState() throws {
    let device = Device(threads: 1)
    let gathering = try OptimizerRegistry.optimizer(["name": "adam", "gradient_accumulation_steps": 2])
    var (model, state) = (try Self.model(), OptimizerState())
    var (other, otherState) = (model, state)
    for step in 0..<5 {
      state.move(&model, along: Self.gradients(step, of: model), gathering, rate: 0.01, on: device)
      otherState.move(&other, along: Self.gradients(step, of: model), gathering, rate: 0.01, on: device)
      otherState = OptimizerState(
        optimizer: otherState.optimizer, slotNames: otherState.slotNames, batches: otherState.batches,
        entries: otherState.entries.mapValues {
          OptimizerState.Entry(updates: $0.updates, slots: $0.slots, gathered: $0.gathered, average: $0.average)
        })
    }
    #expect(model.parameters.map(\.value) == other.parameters.map(\.value))
    #expect(state.entries["dense/bias"]?.updates == 2 && state.entries["dense/bias"]?.gathered != nil)
  }

  @Test("A constraint holds after every step")
  func constraints() throws {
    var dense = Dense(units: 4)
    dense.kernelConstraint = .maxNorm(0.5)
    let layer = dense
    var model = try Model(sequential: "two", inputShape: [3], seed: 1) { layer }
    var state = OptimizerState()
    state.move(
      &model, along: Self.gradients(0, of: model), SGD(learningRate: .constant(1)), rate: 1, on: Device(threads: 1))
    let kernel = model.parameters[0].value.elements
    for unit in 0..<4 {
      let norm = (0..<3).reduce(0.0) { $0 + Double(kernel[4 * $1 + unit]) * Double(kernel[4 * $1 + unit]) }.squareRoot()
      #expect(norm <= 0.500_001)
    }
  }

  @Test("Constraints are Keras'", arguments: 0..<7)
  func kerasConstraints(_ index: Int) throws {
    let item = try #require(ReferenceNumbers.keras["constraints"]?.list[index])
    let constraint = try Constraint.reading(item["config"] ?? .null)
    var weights = Tensor(Shape(item["shape"]?.list.compactMap(\.intValue) ?? []), item["before"]?.floats ?? [])
    constraint.apply(to: &weights)
    for (found, expected) in zip(weights.elements, item["after"]?.doubles ?? []) {
      expectClose(Double(found), expected, within: 1e-5)
    }
  }

  @Test("Every optimiser reads back its own configuration", arguments: OptimizerRegistry.names)
  func configuration(_ name: String) throws {
    let optimizer = try OptimizerRegistry.optimizer(.string(name))
    #expect(optimizer.name == name)
    #expect(try OptimizerRegistry.optimizer(optimizer.config).config == optimizer.config)
  }

  @Test("Keras' default settings are ours")
  func defaults() throws {
    // keras.optimizers.Adam().get_config()
    let adam = try #require(try OptimizerRegistry.optimizer("adam") as? Adam)
    #expect(adam == Adam(learningRate: .constant(0.001), beta1: 0.9, beta2: 0.999, epsilon: 1e-7))
    // keras.optimizers.SGD().get_config()
    #expect(try OptimizerRegistry.optimizer("sgd") as? SGD == SGD(learningRate: .constant(0.01)))
  }

  @Test(
    "A setting that cannot be read is named",
    arguments: [
      (["name": "adm"], "Did you mean \"adam\""), (["name": "adam", "lr": 0.1], "lr: adam has no setting \"lr\""),
      (["name": "adam", "beta_1": 1], "beta_1"), (["name": "sgd", "learning_rate": "fast"], "learning_rate: expected"),
      (["name": "sgd", "learning_rate": -1], "learning_rate"), (["learning_rate": 0.1], "name"), (3, "\"adam\""),
      (["name": "sgd", "learning_rate": ["name": "cosine_decay"]], "learning_rate.initial_learning_rate"),
      (["name": "adam", "clipnorm": 1, "clipvalue": 1], "exclude each other"),
      (["name": "adam", "clipnorm": 0], "clipnorm"),
      (["name": "sgd", "running_average": true], "momentum"), (["name": "lion", "beta_1": 0], "beta_1"),
      (["name": "adam", "gradient_accumulation_steps": 0], "gradient_accumulation_steps"),
      (["name": "adam", "ema_momentum": 1, "use_ema": true], "ema_momentum"),
    ] as [(JSONValue, String)])
  func refused(_ config: JSONValue, _ words: String) {
    #expect { try OptimizerRegistry.optimizer(config) } throws: { "\($0)".contains(words) }
  }
}
