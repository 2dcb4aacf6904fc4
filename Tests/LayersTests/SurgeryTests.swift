import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Surgery on models")
struct SurgeryTests {
  private static let device = Device(threads: 1)
  private static let image = Tensor([2, 8, 6, 3], RandomKey(seed: 3).normal(2 * 8 * 6 * 3))

  /// A picture → `base` (`a`, then `b` beside a shortcut, `sum`) → `pool` → `classes`, the base being a model of its own.
  static func nested() throws -> Model {
    var inner = ModelBuilder(name: "base")
    let x = inner.input([nil, nil, 3], name: "inside")
    let a = inner(Conv2D(filters: 4, kernelSize: Size(3, 3), activation: .relu), name: "a", on: x)
    let b = inner(Conv2D(filters: 4, kernelSize: Size(1, 1)), name: "b", on: a)
    let sum = inner(Add(), name: "sum", on: a, b)
    let base = try inner.model(inputs: [x], outputs: [sum], seed: 1)
    var graph = ModelBuilder(name: "whole")
    let picture = graph.input([nil, nil, 3], name: "picture")
    let features = graph(base, on: picture)[0]
    let pooled = graph(GlobalAveragePooling2D(), name: "pool", on: features)
    let classes = graph(Dense(units: 3, activation: .softmax), name: "classes", on: pooled)
    return try graph.model(inputs: [picture], outputs: [classes], seed: 2)
  }

  private func run(_ model: Model, _ image: Tensor = image) throws -> Tensor { try model(image, on: Self.device)[0] }

  /// What a layer of a model puts out.
  private func output(_ path: String, of model: Model) throws -> Tensor {
    model.values([try model.output(of: path)], from: [model.inputs[0].value: Self.image], on: Self.device)[0]
  }

  // MARK: Cutting

  @Test("A nested model is named like a layer: what goes in, what comes out")
  func parts() throws {
    let model = try Self.nested()
    #expect(try model.output(of: "base") == model.output(of: "base/sum"))
    #expect(try model.input(of: "base") == model.inputs[0].value)
    #expect(try model.output(of: "backbone/base/a") == model.output(of: "base/a"))
    #expect(throws: SelectionError.self) { try model.input(of: "base/sum") }
    let error = #expect(throws: SelectionError.self) { try model.output(of: "bse") }
    #expect(error?.message.contains("\"base\"") == true)
  }

  @Test("Behind a nested model the nesting stays; a cut inside dissolves it; both compute the same")
  func nesting() throws {
    let model = try Self.nested()
    var (builder, inputs, features) = try ModelBuilder.continuing(model, after: "base")
    let kept = try builder.model(inputs: inputs, outputs: [features], seed: 1)
    #expect(kept.instances.map(\.path) == ["base/a", "base/b", "base/sum"])
    #expect(kept.containers.count == 2)
    #expect(try run(kept) == output("base/sum", of: model))
    (builder, inputs, features) = try ModelBuilder.continuing(model, after: "base/a")
    let cut = try builder.model(inputs: inputs, outputs: [features], seed: 1)
    #expect(cut.instances.map(\.path) == ["a"])
    #expect(try run(cut) == output("base/a", of: model))
  }

  @Test("A head with a branch makes a functional model of a sequential one; a chain stays a chain")
  func kinds() throws {
    let model = try Model(
      sequential: "chain", inputShape: [8, 6, 3], [("conv", Conv2D(filters: 2, kernelSize: Size(3, 3)))], seed: 1)
    var (builder, inputs, value) = try ModelBuilder.continuing(model, after: "conv")
    let pooled = builder(GlobalAveragePooling2D(), on: value)
    #expect(try builder.model(inputs: inputs, outputs: [pooled], seed: 1).containers[0].kind == .sequential)
    let both = builder(Concatenate(), on: pooled, builder(GlobalMaxPooling2D(), on: value))
    #expect(try builder.model(inputs: inputs, outputs: [both], seed: 1).containers[0].kind == .functional)
  }

  // MARK: Taps

  @Test("Taps are pooled and stand side by side", arguments: FeaturePooling.allCases)
  func taps(_ pooling: FeaturePooling) throws {
    let model = try Self.nested()
    let (builder, inputs, features) = try ModelBuilder.tapping(
      model, at: ["base/a", "base", "pool"], pooling: pooling)
    let tapped = try builder.model(inputs: inputs, outputs: [features], seed: 1)
    let found = try run(tapped)
    let images = try ["base/a", "base"].map { try output($0, of: model) }
    let vector = try output("pool", of: model)
    for sample in 0..<2 {
      var expected: [Double] = []
      for image in images {
        let numbers = image[samples: sample..<sample + 1].elements.map(Double.init)
        let channels = (0..<4).map { channel in stride(from: channel, to: numbers.count, by: 4).map { numbers[$0] } }
        switch pooling {
        case .average: expected += channels.map { $0.reduce(0, +) / Double($0.count) }
        case .max: expected += channels.map { $0.max() ?? .nan }
        case .flatten: expected += numbers
        }
      }
      expected += vector[samples: sample..<sample + 1].elements.map(Double.init)
      let own = found[samples: sample..<sample + 1].elements
      #expect(own.count == expected.count)
      #expect(zip(own, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    }
    #expect(throws: ModelError.self) { try ModelBuilder.tapping(model, at: ["base", "base/sum"]) }
    #expect(throws: ModelError.self) { try ModelBuilder.tapping(model, at: []) }
  }

  // MARK: Insertion

  @Test(
    "A layer that changes nothing, put anywhere, changes nothing",
    arguments: [
      Insertion.first, .before("base"), .after("base"), .before("base/b"), .after("base/a"), .before("classes"),
      .after("classes"),
    ])
  func identity(_ place: Insertion) throws {
    let model = try Self.nested()
    let (changed, initialized) = try model.inserting(
      [("same", Activation(.linear))], at: place, initialization: .random(RandomKey(seed: 9)))
    #expect(initialized.isEmpty)
    #expect(changed.instances.count == model.instances.count + 1)
    #expect(try run(changed) == run(model))
  }

  @Test("In front of a layer only that layer sees the change; behind one, everyone does")
  func whoSees() throws {
    let model = try Self.nested()
    let negative = Rescaling(scale: -1)
    let a = try output("base/a", of: model).elements
    let b = try output("base/b", of: model).elements
    let bias = try #require(model.parameters.first { $0.path == "base/b/bias" }).value.elements
    // b is linear: of −a it makes 2 · bias − b.
    let flipped = b.enumerated().map { 2 * bias[$0.offset % 4] - $0.element }
    for (place, expected) in [
      (Insertion.before("base/b"), zip(a, flipped).map { $0 + $1 }),
      (.after("base/a"), zip(a, flipped).map { -$0 + $1 }),
    ] {
      let changed = try model.inserting([("minus", negative)], at: place, initialization: .none).model
      let found = try output("sum", of: changed).elements
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  @Test("A layer whose input has another width begins anew and is named; all others keep their numbers")
  func widths() throws {
    let model = try Self.nested()
    let (changed, initialized) = try model.inserting(
      [("hidden", Dense(units: 5, activation: .relu)), (nil, Dropout(rate: 0.5))], at: .before("classes"),
      initialization: .random(RandomKey(seed: 9)))
    #expect(initialized == ["classes"])
    #expect(changed.instances.map(\.path) == ["base/a", "base/b", "base/sum", "pool", "hidden", "dropout", "classes"])
    for parameter in model.parameters where !parameter.path.hasPrefix("classes") {
      #expect(changed.parameters.first { $0.path == parameter.path }?.value == parameter.value)
    }
    #expect(throws: ModelError.self) {
      try model.inserting([(nil, Flatten())], at: .before("nothing"), initialization: .none)
    }
    let chain = try Model(
      sequential: "chain", inputShape: [4], [("one", Dense(units: 3)), ("two", Dense(units: 2))], seed: 1)
    let longer = try chain.inserting([("between", Dense(units: 3))], at: .after("one"), initialization: .none).model
    #expect(longer.containers[0].kind == .sequential)
    #expect(longer.instances.map(\.path) == ["one", "between", "two"])
  }

  // MARK: Classes

  /// A model like MobileNet's top: a 1×1 convolution tells the classes apart, a reshape and a softmax follow.
  private static func convolutional() throws -> Model {
    try Model(
      sequential: "top", inputShape: [8, 6, 3],
      [
        ("pool", GlobalAveragePooling2D(keepsDimensions: true)),
        ("logits", Conv2D(filters: 3, kernelSize: Size(1, 1), biasInitializer: .randomUniform(low: -1, high: 1))),
        ("shape", Reshape(targetShape: [3])), ("softmax", Activation(.softmax)),
      ], seed: 4)
  }

  @Test("Classes that stay keep their rows in any order; new ones begin anew", arguments: [false, true])
  func classes(_ isConvolutional: Bool) throws {
    let model = try isConvolutional ? Self.convolutional() : Self.nested()
    let (changed, change) = try model.changingClasses(
      from: ["cat", "dog", "cow"], to: ["ant", "cow", "hound", "bee"], knownAs: ["hound": "dog"],
      initialization: .random(RandomKey(seed: 5)))
    #expect(change == ClassChange(kept: ["cow", "hound"], new: ["ant", "bee"], dropped: ["cat"]))
    // The odds of two classes depend on their own rows alone.
    let (before, after) = (try run(model).elements, try run(changed).elements)
    #expect(after.count == 8)
    for sample in 0..<2 {
      let was = before[sample * 3 + 2] / before[sample * 3 + 1]
      let now = after[sample * 4 + 1] / after[sample * 4 + 2]
      #expect(abs(was - now) < 1e-4 * was)
    }
    let path = isConvolutional ? "logits/kernel" : "classes/kernel"
    let (old, new) = (
      try #require(model.parameters.first { $0.path == path }).value,
      try #require(changed.parameters.first { $0.path == path }).value
    )
    for row in 0..<old.count / 3 {
      #expect(new.elements[row * 4 + 1] == old.elements[row * 3 + 2])
      #expect(new.elements[row * 4 + 2] == old.elements[row * 3 + 1])
    }
    #expect(Set(new.elements).count == new.count, "new rows are random, none is a copy")
    // What stands in front stays what it was.
    for parameter in model.parameters where parameter.path.hasPrefix("base/") {
      #expect(changed.parameters.first { $0.path == parameter.path }?.value == parameter.value)
    }
    #expect(try changed.layers(.matching("head/*")).count >= 1)
  }

  @Test("Names that do not fit the model are errors that say what there is")
  func wrongClasses() throws {
    let model = try Self.nested()
    func failure(_ old: [String], _ new: [String], _ same: [String: String] = [:]) -> String {
      do throws(ModelError) {
        _ = try model.changingClasses(from: old, to: new, knownAs: same, initialization: .none)
        return ""
      } catch { return error.description }
    }
    #expect(failure(["a", "b"], ["a", "c"]).contains("3 outputs"))
    #expect(failure(["a", "b", "c"], ["a", "a"]).contains("\"a\""))
    #expect(failure(["a", "b", "cat"], ["a", "c"], ["c": "cta"]).contains("Did you mean \"cat\""))
    #expect(failure(["a", "b", "cat"], ["a", "c"], ["d": "cat"]).contains("\"d\""))
    let bare = try Model(sequential: "m", inputShape: [3], [("norm", BatchNormalization())], seed: 1)
    #expect(throws: ModelError.self) { try bare.changingClasses(from: ["a"], to: ["a", "b"], initialization: .none) }
  }
}
