import JSON
import KerasFormat
import Layers
import Tensors
import Testing

private typealias Config = KerasConfig

@Suite("Which tensor belongs where")
struct WeightMatchingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(_ layers: [(name: String, weights: [KerasFixture.Weight])], chunk: Int = .max) throws -> KerasFile {
    var fixture = KerasFixture(namesPerAttribute: chunk)
    fixture.layers = layers
    try fixture.write(to: folder.path("w.h5"))
    return try KerasFile(opening: folder.path("w.h5"))
  }

  private func dense(_ name: String, _ shape: [Int], _ value: Float) -> (name: String, weights: [KerasFixture.Weight]) {
    (
      name,
      [
        .init("\(name)/kernel:0", shape, filledWith: value),
        .init("\(name)/bias:0", [shape[1]], filledWith: value + 0.5),
      ]
    )
  }

  /// `names` dense layers of 2 units in a row.
  private func chain(_ names: [String]) throws -> Model {
    try Model(sequential: "chain", inputShape: [2], names.map { ($0, Dense(units: 2)) }, seed: 1)
  }

  @Test(
    "A nested model's tensors find their layers in every order that freezing gives them",
    arguments: [
      // All trainable, the base frozen, only c1 frozen: as Keras 3.15 writes them (KERAS experiments E3).
      "c1/kernel bn1/gamma bn1/beta c2/kernel bn2/gamma bn2/beta bn1/moving_mean bn1/moving_variance bn2/moving_mean bn2/moving_variance",
      "c1/kernel bn1/gamma bn1/beta bn1/moving_mean bn1/moving_variance c2/kernel bn2/gamma bn2/beta bn2/moving_mean bn2/moving_variance",
      "bn1/gamma bn1/beta c2/kernel bn2/gamma bn2/beta c1/kernel bn1/moving_mean bn1/moving_variance bn2/moving_mean bn2/moving_variance",
    ], ["", "base/"])
  func nestedOrders(_ order: String, _ prefix: String) throws {
    var inner = ModelBuilder(name: "base")
    let image = inner.input([4, 4, 2])
    var value = image
    for index in ["1", "2"] {
      value = inner(Conv2D(filters: 2, kernelSize: Size(1, 1), usesBias: false), name: "c" + index, on: value)
      value = inner(BatchNormalization(), name: "bn" + index, on: value)
    }
    let base = try inner.model(inputs: [image], outputs: [value], seed: 1)
    var outer = ModelBuilder(name: "outer")
    let input = outer.input([4, 4, 2])
    let outputs = outer(base, on: input)
    var model = try outer.model(inputs: [input], outputs: outputs, seed: 1)

    let names = order.split(separator: " ").map(String.init)
    // All but the kernels have the same shape: a position can be wrong and fit.
    let weights = names.enumerated().map { index, name in
      KerasFixture.Weight(
        "\(prefix)\(name):0", name.hasSuffix("kernel") ? [1, 1, 2, 2] : [2], filledWith: Float(index + 1))
    }
    let report = try model.loadWeights(from: try file([("base", weights)]))
    #expect(report.method == .byName)
    for (index, name) in names.enumerated() {
      #expect(model.value("base/\(name)")?.elements.first == Float(index + 1), "\(name)")
    }
  }

  @Test("Branches that the file holds in the other order are told apart by name")
  func swappedBranches() throws {
    var graph = ModelBuilder(name: "fork")
    let input = graph.input([2])
    let p = graph(Dense(units: 2), name: "p", on: input)
    let q = graph(Dense(units: 2), name: "q", on: input)
    let both = graph(Concatenate(), on: q, p)
    var model = try graph.model(inputs: [input], outputs: [both], seed: 1)
    try model.loadWeights(from: try file([dense("p", [2, 2], 1), dense("q", [2, 2], 2)]))
    #expect(model.value("p/kernel")?.elements.first == 1)
    #expect(model.value("q/kernel")?.elements.first == 2)
  }

  @Test("Automatic names that differ throughout give way to the order of layers, and the report says so")
  func byOrder() throws {
    var model = try chain(["dense", "dense_1", "dense_2"])
    let report = try model.loadWeights(
      from: try file([dense("dense_1", [2, 2], 1), dense("dense_2", [2, 2], 2), dense("dense_3", [2, 2], 3)]))
    #expect(report.method == .byOrder)
    #expect(["dense", "dense_1", "dense_2"].map { model.value("\($0)/kernel")?.elements.first } == [1, 2, 3])
  }

  @Test("Automatic names between chosen ones give way to an order that agrees with the chosen ones, and to no other")
  func mixedNames() throws {
    var model = try chain(["first", "dense", "second", "dense_1"])
    func layers(_ names: [String]) -> [(String, [KerasFixture.Weight])] {
      names.enumerated().map { dense($1, [2, 2], Float($0 + 1)) }
    }
    let report = try model.loadWeights(from: try file(layers(["first", "dense_94", "second", "dense_95"])))
    #expect(report.method == .byOrder)
    #expect(
      ["first", "dense", "second", "dense_1"].map { model.value("\($0)/kernel")?.elements.first } == [1, 2, 3, 4])
    #expect(report.notes.contains { $0.contains("agrees with all other names") })
    for names in [["second", "dense_94", "first", "dense_95"], ["first", "other", "second", "dense_95"]] {
      #expect(throws: KerasError.self) { try model.loadWeights(from: try file(layers(names))) }
    }
  }

  @Test("A name that somebody chose is not overruled by an order that happens to fit")
  func tellingNames() throws {
    var model = try chain(["features", "classes"])
    let error = try #require(throws: KerasError.self) {
      try model.loadWeights(from: try file([dense("features", [2, 2], 1), dense("other", [2, 2], 2)]))
    }
    #expect(error.kind == .mismatch)
    #expect(error.problem.contains("\"other\""))
    #expect(error.problem.contains("classes/kernel"))
  }

  @Test("Keras 1's names say what a tensor is; running_std is the variance")
  func keras1Names() throws {
    var model = try Model(sequential: "m", inputShape: [2], [("bn_1", BatchNormalization())], seed: 1)
    let names = ["gamma", "running_std", "beta", "running_mean"]
    let weights = names.enumerated().map {
      KerasFixture.Weight("bn_1_\($1)_1:0", [2], filledWith: Float($0))
    }
    try model.loadWeights(from: try file([("bn_1", weights)]))
    #expect(
      ["gamma", "moving_variance", "beta", "moving_mean"].map { model.value("bn_1/\($0)")?.elements.first }
        == [0, 1, 2, 3])
  }

  @Test(
    "A file that does not fit changes nothing and says why",
    arguments: ["a tensor is missing", "a layer is missing", "a layer is new", "a shape differs"])
  func allOrNothing(_ trouble: String) throws {
    var model = try chain(["first", "second"])
    let before = model.parameters.map(\.value)
    var layers = [dense("first", [2, 2], 1), dense("second", [2, 2], 2)]
    let words: [String]
    switch trouble {
    case "a tensor is missing":
      layers[1].weights.removeLast()
      words = ["second", "kernel, bias"]
    case "a layer is missing":
      layers.removeLast()
      words = ["second/kernel", "parameters that the file has not"]
    case "a layer is new":
      layers.append(dense("third", [2, 2], 3))
      words = ["\"third\"", "layers of the file that the model has not"]
    default:
      layers[1] = dense("second", [2, 3], 2)
      words = ["second/kernel", "[2, 2]", "[2, 3]"]
    }
    let file = try file(layers)
    let error = try #require(throws: KerasError.self) { try model.loadWeights(from: file) }
    #expect(error.kind == .mismatch)
    for word in words { #expect(error.problem.contains(word), "\(error)") }
    #expect(error.remedy != nil)
    #expect(model.parameters.map(\.value) == before)
  }

  @Test("A new head may be missing and an old one unused, if that is said")
  func tops() throws {
    var model = try chain(["features", "head"])
    let head = model.value("head/kernel")
    let file = try file([dense("features", [2, 2], 1), dense("predictions", [2, 9], 2)])
    let report = try model.loadWeights(
      from: file, allowMissing: [.matching("head")], allowUnused: ["predictions"])
    #expect(model.value("features/kernel")?.elements == [1, 1, 1, 1])
    #expect(model.value("head/kernel") == head)
    #expect(report.missing == ["head/kernel", "head/bias"])
    #expect(report.unused == ["/predictions/predictions/kernel:0", "/predictions/predictions/bias:0"])
    #expect(throws: KerasError.self) {
      try model.loadWeights(from: file, allowMissing: [.matching("haed")], allowUnused: ["predictions"])
    }
  }

  @Test("Lists of names in parts, and layers without tensors, are read whole")
  func chunks() throws {
    let names = (0..<2000).map { "layer_\($0)" }
    var model = try Model(
      sequential: "long", inputShape: [1], names.map { ($0, Dense(units: 1, usesBias: false)) }, seed: 1)
    var layers: [(name: String, weights: [KerasFixture.Weight])] = [("nothing", [])]
    layers += names.enumerated().map { ($1, [.init("\($1)/kernel:0", [1, 1], [Float($0)])]) }
    let file = try file(layers, chunk: 667)
    #expect(file.layers.count == 2001)
    try model.loadWeights(from: file)
    #expect(model.parameters.map { Int($0.value.scalar) } == Array(0..<2000))
  }

  @Test("A file of another architecture is recognised by its counts")
  func knownCounts() throws {
    // As many tensors and numbers as SqueezeNet without its top.
    var layers = (0..<49).map { ("x\($0)", [KerasFixture.Weight("x\($0)/w", [1], [0])]) }
    layers.append(("rest", [.init("rest/w", [722_496 - 49], filledWith: 0)]))
    var model = try chain(["first"])
    let error = try #require(throws: KerasError.self) { try model.loadWeights(from: try file(layers)) }
    #expect(error.remedy == "By its counts the file belongs to SqueezeNet 1.1 without its top.")
  }
}
