import Kernels
import Layers
import Tensors
import TestSupport
import Testing

/// A residual block between a stem and a head, with dropout in front of the classes.
private func residualModel() throws -> Model {
  var graph = ModelBuilder(name: "residual")
  let image = graph.input([6, 6, 3], name: "image")
  graph.group = "stem"
  let stem = graph(Conv2D(filters: 4, kernelSize: Size(3, 3), padding: .same), name: "stem_conv", on: image)
  let normalized = graph(BatchNormalization(), name: "stem_bn", on: stem)
  graph.group = "block1"
  let inner = graph(
    Conv2D(filters: 4, kernelSize: Size(3, 3), padding: .same, activation: .tanh), name: "block1_conv", on: normalized)
  let sum = graph(Add(), name: "block1_add", on: normalized, inner)
  graph.group = nil
  graph.section = .head
  let pooled = graph(GlobalAveragePooling2D(), name: "pool", on: sum)
  let dropped = graph(Dropout(rate: 0.5), name: "drop", on: pooled)
  let classes = graph(Dense(units: 2), name: "classes", on: dropped)
  return try graph.model(inputs: [image], outputs: [classes], seed: 3)
}

@Suite("Selecting and freezing layers")
struct FreezingTests {
  @Test(
    "Selectors find layers by name, pattern, group, section and place in the graph",
    arguments: [
      (LayerSelector.matching("stem_*"), ["stem_conv", "stem_bn"]),
      (.matching("*conv"), ["stem_conv", "block1_conv"]),
      (.matching("head/*"), ["pool", "drop", "classes"]),
      (.matching("backbone/block?_add"), ["block1_add"]),
      (.group("block1"), ["block1_conv", "block1_add"]),
      (.through("block1_conv"), ["stem_conv", "stem_bn", "block1_conv"]),
      (.before("block1_conv"), ["stem_conv", "stem_bn"]),
      (.from("block1_add"), ["block1_add", "pool", "drop", "classes"]),
      (.from("block1_conv"), ["block1_conv", "block1_add", "pool", "drop", "classes"]),
    ])
  func selectors(_ selector: LayerSelector, _ expected: [String]) throws {
    let model = try residualModel()
    let found = try model.layers(selector).sorted().map { model.instances[$0].path }
    #expect(found == expected)
  }

  @Test(
    "A selector that means nothing is an error that names near layers",
    arguments: [
      (LayerSelector.matching("blok1_conv"), "\"block1_conv\""), (.through("stem_con"), "\"stem_conv\""),
      (.group("block2"), "stem, block1"), (.from("clases"), "\"classes\""), (.before("stem_conv"), "stands before"),
    ])
  func selectorWithoutMatch(_ selector: LayerSelector, _ words: String) throws {
    var model = try residualModel()
    let error = #expect(throws: SelectionError.self) { try model.freeze(selector) }
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    let frozen = model.instances.filter(\.isFrozen)
    #expect(frozen.isEmpty, "nothing is half-applied")
  }

  @Test(
    "One star stays inside a part of a path, two cross parts",
    arguments: [
      ("base/*", "base/conv1", true), ("base/*", "base/block/conv1", false), ("base/**", "base/block/conv1", true),
      ("**/conv?", "base/block/conv1", true), ("conv?", "conv12", false), ("*", "a/b", false), ("**", "a/b", true),
      ("conv*_bn", "conv1_bn", true), ("conv*_bn", "conv1_bn2", false), ("", "a", false), ("a**b**c", "axbyybc", true),
    ])
  func globs(_ pattern: String, _ path: String, _ matches: Bool) {
    #expect(Glob(pattern).matches(path) == matches)
  }

  @Test(
    "The policy says what layers of normalisation do that are not frozen",
    arguments: [
      (BatchNormPolicy.frozen, false, true), (.affine, true, true), (.statistics, false, false), (.train, true, false),
    ])
  func policies(_ policy: BatchNormPolicy, _ trainsScale: Bool, _ keepsStatistics: Bool) throws {
    var model = try residualModel()
    model.batchNormPolicy = policy
    let trained = Set(model.trainableParameters.map { model.parameters[$0].path })
    let kept = Set(model.frozenParameters.map { model.parameters[$0].path })
    #expect(trained.contains("stem_bn/gamma") == trainsScale)
    #expect(trained.contains("stem_bn/beta") == trainsScale)
    #expect(kept.contains("stem_bn/moving_mean") == keepsStatistics)
    #expect(kept.contains("stem_bn/moving_variance") == keepsStatistics)
    #expect(!trained.contains("stem_bn/moving_mean"), "no optimiser may touch a statistic")
    #expect(trained.isDisjoint(with: kept))

    try model.freeze(.matching("stem_*"))
    let frozen = Set(model.frozenParameters.map { model.parameters[$0].path })
    #expect(frozen.isSuperset(of: ["stem_conv/kernel", "stem_bn/gamma", "stem_bn/moving_mean"]))
  }

  @Test("Freezing takes effect at once, in both directions")
  func immediate() throws {
    var model = try residualModel()
    let all = model.trainableParameters
    try model.freeze(.all)
    #expect(model.trainableParameters.isEmpty)
    #expect(model.frozenParameters == Array(model.parameters.indices))
    try model.unfreeze(.all)
    #expect(model.trainableParameters == all)
    try model.train(only: [.matching("head/*"), .group("block1")])
    let trained = model.trainableParameters.map { model.parameters[$0].path }
    #expect(trained == ["block1_conv/kernel", "block1_conv/bias", "classes/kernel", "classes/bias"])
  }

  @Test("Inside a residual block two values cross the boundary; behind it one")
  func boundaries() throws {
    var model = try residualModel()
    func crossing() -> [String] { names(model.boundary(ofFixed: model.fixedValues)) }
    func names(_ values: [ValueID]) -> [String] {
      model.nodes.filter { values.contains($0.output) }.map { model.instances[$0.instance].path }
    }
    try model.freeze(.through("stem_bn"))
    #expect(crossing() == ["stem_bn"])
    try model.freeze(.all)
    try model.unfreeze(.from("block1_add"))
    // The addition has nothing to train: what is fixed reaches up to the dropout, which draws random numbers.
    #expect(crossing() == ["pool"])
    try model.unfreeze(.matching("block1_conv"))
    try model.freeze(.matching("stem_*"))
    #expect(crossing() == ["stem_bn"])
    let fixed = model.ancestors(of: [try model.output(of: "block1_conv")])
    #expect(names(model.boundary(ofFixed: fixed)) == ["stem_bn", "block1_conv"])
  }

  @Test("A frozen dropout lets everything pass, a frozen normalisation keeps its statistics")
  func frozenLayersInfer() throws {
    var model = try residualModel()
    model.batchNormPolicy = .train
    try model.freeze(.all)
    let device = Device(threads: 1)
    let image = Tensor([3, 6, 6, 3], RandomKey(seed: 8).normal(3 * 108))
    let expected = try model(image, on: device)[0]
    let evaluation = model.evaluate(
      model.outputs, from: [model.inputs[0].value: image], random: RandomKey(seed: 1), sampleIDs: [0, 1, 2], on: device)
    #expect(evaluation.outputs == [expected])
    #expect(evaluation.statistics.isEmpty)
    try model.unfreeze(.all)
    let training = model.evaluate(
      model.outputs, from: [model.inputs[0].value: image], random: RandomKey(seed: 1), sampleIDs: [0, 1, 2], on: device)
    #expect(training.outputs != [expected])
    #expect(
      training.statistics.map { model.parameters[$0.parameter].path } == [
        "stem_bn/moving_mean", "stem_bn/moving_variance",
      ])
  }
}
