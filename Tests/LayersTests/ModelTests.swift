import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Models")
struct ModelTests {
  private let device = Device(threads: 1)

  /// Two inputs, a layer called on both of them, and two outputs.
  private func sharedModel() throws -> Model {
    var graph = ModelBuilder(name: "siamese")
    let left = graph.input([5], name: "left")
    let right = graph.input([5], name: "right")
    let first = graph(Dense(units: 4, activation: .tanh), name: "shared", on: left)
    let second = graph.call("shared", on: right)[0]
    let difference = graph(Subtract(), name: "difference", on: first, second)
    let score = graph(Dense(units: 3), name: "score", on: difference)
    return try graph.model(inputs: [left, right], outputs: [score, first], seed: 2)
  }

  @Test("Gradients of a graph with a shared layer, two inputs and two outputs match finite differences")
  func gradients() throws {
    var model = try sharedModel()
    let batch = 3
    let inputs = (0..<2).map { Tensor([batch, 5], RandomKey(seed: $0).normal(batch * 5)) }
    let known = Dictionary(uniqueKeysWithValues: zip(model.inputs.map(\.value), inputs))
    let weights = model.outputs.enumerated().map { index, _ in
      Tensor([batch, index == 0 ? 3 : 4], RandomKey(seed: 9 + UInt64(index)).normal(batch * (index == 0 ? 3 : 4)))
    }
    func loss(_ model: Model) -> Double {
      let outputs = model.values(model.outputs, from: known, on: device)
      return zip(outputs, weights).reduce(0) { sum, pair in
        zip(pair.0.elements, pair.1.elements).reduce(sum) { $0 + Double($1.0) * Double($1.1) }
      }
    }
    let evaluation = model.evaluate(
      model.outputs, from: known, random: RandomKey(seed: 1), sampleIDs: [0, 1, 2], on: device)
    let gradients = evaluation.pullback(weights)
    for (index, parameter) in model.parameters.enumerated() {
      let gradient = try #require(gradients[index]).elements
      for element in stride(from: 0, to: gradient.count, by: 3) {
        var values = parameter.value.elements
        let step: Float = 1.0 / 64
        values[element] += step
        model.parameters[index].value = Tensor(parameter.shape, values)
        let above = loss(model)
        values[element] -= 2 * step
        model.parameters[index].value = Tensor(parameter.shape, values)
        let slope = (above - loss(model)) / Double(2 * step)
        model.parameters[index].value = parameter.value
        // Central differences of a third-order term: step² times a few.
        #expect(abs(slope - Double(gradient[element])) < 5e-3, "\(parameter.path)[\(element)]")
      }
    }
  }

  @Test("What is frozen gets no gradient, and what stands before the first trained layer is not recorded")
  func frozenGetsNoGradient() throws {
    var model = try sharedModel()
    try model.freeze(.matching("shared"))
    let inputs = (0..<2).map { Tensor([1, 5], RandomKey(seed: $0).normal(5)) }
    let known = Dictionary(uniqueKeysWithValues: zip(model.inputs.map(\.value), inputs))
    let evaluation = model.evaluate(
      [model.outputs[0]], from: known, random: RandomKey(seed: 1), sampleIDs: [0], on: device)
    let gradients = evaluation.pullback([Tensor(repeating: 1, [1, 3])])
    let found = model.parameters.indices.filter { gradients[$0] != nil }.map { model.parameters[$0].path }
    #expect(found == ["score/kernel", "score/bias"])
  }

  @Test("A copy of a model is a snapshot")
  func snapshot() throws {
    var model = try sharedModel()
    let copy = model
    let before = model.parameters[0].value
    model.parameters[0].value = Tensor(zeros: before.shape)
    #expect(copy.parameters[0].value == before)
  }

  @Test("A model inside a model keeps its layers, paths, freezing and numbers")
  func nesting() throws {
    var base = try Model(sequential: "base", inputShape: [4], seed: 1) {
      Dense(units: 3, activation: .relu)
      Dense(units: 2)
    }
    try base.freeze(.matching("dense"))
    var graph = ModelBuilder(name: "outer")
    let input = graph.input([4])
    let features = graph(base, on: input)[0]
    let output = graph(Dense(units: 1), name: "head", on: features)
    let model = try graph.model(inputs: [input], outputs: [output], seed: 2)
    #expect(model.instances.map(\.path) == ["base/dense", "base/dense_1", "head"])
    #expect(model.instances.map(\.name) == ["dense", "dense_1", "head"])
    #expect(model.instances.map(\.isFrozen) == [true, false, false])
    #expect(model.parameters[0].value == base.parameters[0].value)
    let x = Tensor([2, 4], RandomKey(seed: 4).normal(8))
    let inner = model.values([try model.output(of: "base/dense_1")], from: [model.inputs[0].value: x], on: device)
    #expect(try inner == base(x, on: device))
    // A nested model's name stands for its last layer.
    #expect(try model.layers(.through("base")) == [0, 1])
  }

  @Test("A model continues after a layer: the rest is left out, the numbers stay")
  func continuing() throws {
    let model = try sharedModel()
    var cut = try ModelBuilder.continuing(model, after: "difference")
    let output = cut.builder(Dense(units: 7), name: "new", on: cut.output)
    let next = try cut.builder.model(inputs: cut.inputs, outputs: [output], seed: 6)
    #expect(next.instances.map(\.path) == ["shared", "difference", "new"])
    #expect(next.instances.map(\.section) == [.backbone, .backbone, .head])
    #expect(next.nodes.count { $0.instance == 0 } == 2)
    #expect(next.parameters[0].value == model.parameters[0].value)
    #expect(throws: ModelError.self) { try ModelBuilder.continuing(model, after: "diference") }
  }

  @Test("Impossible graphs are errors that name the layer")
  func impossibleGraphs() throws {
    var twice = ModelBuilder(name: "twice")
    let input = twice.input([4])
    let first = twice(Dense(units: 2), name: "same", on: input)
    let second = twice(Dense(units: 2), name: "same", on: first)
    let clash = #expect(throws: ModelError.self) { try twice.model(inputs: [input], outputs: [second], seed: 1) }
    #expect(clash?.layer == "same")

    var misfit = ModelBuilder(name: "misfit")
    let image = misfit.input([2, 2, 3])
    let pooled = misfit(MaxPooling2D(poolSize: Size(3, 3)), name: "pool", on: image)
    let error = #expect(throws: ModelError.self) { try misfit.model(inputs: [image], outputs: [pooled], seed: 1) }
    #expect(error?.layer == "pool")
    #expect(throws: ModelError.self) { try sharedModel()(Tensor(zeros: [1, 5]), on: device) }
    #expect(throws: ModelError.self) { try sharedModel()(Tensor(zeros: [1, 5]), Tensor(zeros: [1, 6]), on: device) }
  }

  @Test("The same seed gives the same numbers; a layer's do not depend on its neighbours")
  func initialization() throws {
    let model = try sharedModel()
    #expect(try sharedModel().parameters.map(\.value) == model.parameters.map(\.value))
    var graph = ModelBuilder(name: "other")
    let input = graph.input([5])
    let alone = graph(Dense(units: 4), name: "shared", on: input)
    let other = try graph.model(inputs: [input], outputs: [alone], seed: 2)
    #expect(other.parameters[0].value == model.parameters[0].value)
  }

  @Test("A shared normalisation moves its statistics by every call, one after the other")
  func sharedStatistics() throws {
    var graph = ModelBuilder(name: "twice")
    let left = graph.input([1], name: "left")
    let right = graph.input([1], name: "right")
    let first = graph(BatchNormalization(momentum: 0.5), name: "norm", on: left)
    let second = graph.call("norm", on: right)[0]
    let sum = graph(Add(), on: first, second)
    var model = try graph.model(inputs: [left, right], outputs: [sum], seed: 2)
    model.batchNormPolicy = .train
    let known = [
      model.inputs[0].value: Tensor([2, 1], [3, 5]), model.inputs[1].value: Tensor([2, 1], [10, 30]),
    ]
    let pass = model.evaluate(
      model.outputs, from: known, random: RandomKey(seed: 1), sampleIDs: [0, 1], on: device)
    model.apply(pass.statistics)
    // Means 4 and 20, variances 1 and 100; from 0 and 1, each half of the way.
    let expected: [Float] = [11, 50.5]
    #expect(model.parameters.suffix(2).map { $0.value.scalar } == expected)
  }

  @Test("A dropout that is called twice drops other numbers each time")
  func sharedDropout() throws {
    var graph = ModelBuilder(name: "twice")
    let input = graph.input([64])
    let first = graph(Dropout(rate: 0.5), name: "drop", on: input)
    let second = graph.call("drop", on: input)[0]
    let model = try graph.model(inputs: [input], outputs: [first, second], seed: 2)
    let known = [model.inputs[0].value: Tensor(repeating: 1, [1, 64])]
    let pass = model.evaluate(
      model.outputs, from: known, random: RandomKey(seed: 1), sampleIDs: [0], on: device)
    let outputs = pass.outputs
    #expect(outputs[0] != outputs[1])
  }

  @Test("A nested model's name stands for all its layers, on whatever branch")
  func nestedBranches() throws {
    var inner = ModelBuilder(name: "base")
    let image = inner.input([4])
    let entry = inner(Dense(units: 3), name: "entry", on: image)
    let main = inner(Dense(units: 3), name: "main", on: entry)
    let joined = inner(Add(), name: "join", on: main, entry)
    let side = inner(Dense(units: 3), name: "side", on: image)
    let base = try inner.model(inputs: [image], outputs: [joined, side], seed: 1)
    var graph = ModelBuilder(name: "outer")
    let input = graph.input([4])
    let stem = graph(Dense(units: 4), name: "stem", on: input)
    let parts = graph(base, on: stem)
    let output = graph(Dense(units: 1), name: "head", on: graph(Add(), name: "sum", on: parts[0], parts[1]))
    let model = try graph.model(inputs: [input], outputs: [output], seed: 2)
    func names(_ selector: LayerSelector) throws -> Set<String> {
      Set(try model.layers(selector).map { model.instances[$0].path })
    }
    let inside: Set = ["base/entry", "base/main", "base/join", "base/side"]
    #expect(try names(.through("base")) == inside.union(["stem"]))
    #expect(try names(.before("base")) == ["stem"])
    #expect(try names(.from("base")) == inside.union(["sum", "head"]))
  }

  @Test("A model with more numbers than allowed is refused before memory is taken")
  func numberLimit() throws {
    let parts = ModelParts(
      containers: [
        Container(
          name: "large", kind: .sequential,
          members: [
            .init(name: "in", content: .input(shape: [1 << 20]), calls: [[]]),
            .init(name: "dense", content: .layer(0), calls: [[.init(member: 0)]]),
          ], inputs: [.init(member: 0)], outputs: [.init(member: 1)])
      ], layers: [.init(path: "dense", layer: Dense(units: 1 << 24))])
    let error = #expect(throws: ModelError.self) {
      try Model(parts, initialization: .none, numberLimit: 1 << 20)
    }
    #expect(error?.layer == "dense")
  }
}
