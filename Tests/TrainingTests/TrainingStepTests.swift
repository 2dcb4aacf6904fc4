import Kernels
import Layers
import Tensors
import Testing
import Training

@Suite("One step of training")
struct TrainingStepTests {
  let device = Device(threads: 1)

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
}
