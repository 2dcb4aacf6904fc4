import Kernels
import Layers
import Tensors
import Testing
import Training

@Suite("Learning rates of layers")
struct LayerRateTests {
  /// Three layers with parameters and one without between them.
  private func model() throws -> Model {
    try Model(
      sequential: "three", inputShape: [2],
      [
        ("a", Dense(units: 2)), ("b", Activation(.tanh)), ("c", Dense(units: 2)),
        ("d", Dense(units: 1, usesBias: false)),
      ],
      seed: 1)
  }

  @Test("Decay multiplies the rate from group to group, towards the input")
  func decay() throws {
    #expect(try LayerRates(layerDecay: 0.5).factors(for: model()) == [0.25, 0.25, 0.5, 0.5, 1])
  }

  @Test("A slice spreads over the groups that are trained, by equal quotients")
  func slice() throws {
    var model = try model()
    let slice = LayerRates(slice: LayerRates.Slice(first: 0.01, last: 1))
    for (found, expected) in zip(try slice.factors(for: model), [0.01, 0.01, 0.1, 0.1, 1]) {
      expectClose(found, expected)
    }
    try model.freeze(.matching("a"))
    #expect(try slice.factors(for: model) == [1, 1, 0.01, 0.01, 1])
    try model.freeze(.matching("c"))
    #expect(try slice.factors(for: model)[4] == 1)
  }

  @Test("Patterns name layers; one that matches nothing is refused")
  func patterns() throws {
    let rates = LayerRates(
      layerDecay: 0.5, patterns: [.init(layers: "*", factor: 0.1), .init(layers: "d", factor: 2)])
    #expect(try rates.factors(for: model()) == [0.025, 0.025, 0.05, 0.05, 2])
    #expect { try LayerRates(patterns: [.init(layers: "e*", factor: 1)]).factors(for: model()) } throws: {
      "\($0)".contains("e*")
    }
  }

  @Test("A layer whose factor is 0 does not move; one of half the rate moves half as far")
  func moves() throws {
    let data = Blobs(count: 32, seed: 1)
    func trained(_ rates: LayerRates) throws -> Model {
      var model = try Model(sequential: "two", inputShape: [2], [("a", Dense(units: 3)), ("s", Softmax())], seed: 1)
      var settings = PhaseSettings(
        name: "p", epochs: 1, batchSize: 32, loss: CategoricalCrossentropy(), metrics: [],
        optimizer: SGD(learningRate: .constant(0.5)), seed: 1)
      settings.layerRates = rates
      var state = TrainingState()
      _ = try Trainer(settings, on: Device(threads: 1)).train(&model, on: data, state: &state)
      return model
    }
    let start = try Model(sequential: "two", inputShape: [2], [("a", Dense(units: 3)), ("s", Softmax())], seed: 1)
    let still = try trained(LayerRates(patterns: [.init(layers: "a", factor: 0)]))
    #expect(still.parameters.map(\.value) == start.parameters.map(\.value))
    let half = try trained(LayerRates(patterns: [.init(layers: "a", factor: 0.5)]))
    let whole = try trained(LayerRates())
    for (index, before) in start.parameters[0].value.elements.enumerated() {
      let (short, long) = (half.parameters[0].value.elements[index], whole.parameters[0].value.elements[index])
      #expect(abs((long - before) - 2 * (short - before)) < 1e-6)
    }
  }
}
