internal import Tensors

/// Builds a functional model, call by call:
///
/// ```swift
/// var graph = ModelBuilder(name: "tiny")
/// let image = graph.input([32, 32, 3])
/// let features = graph(Conv2D(filters: 16, kernelSize: Size(3, 3), activation: .relu), on: image)
/// let classes = graph(Dense(units: 10, activation: .softmax), on: graph(GlobalAveragePooling2D(), on: features))
/// let model = try graph.model(inputs: [image], outputs: [classes], seed: 7)
/// ```
public struct ModelBuilder {
  /// A value of the graph under construction.
  public struct Value: Hashable, Sendable {
    let reference: Container.Reference
  }

  var root: Container
  /// The models inside it; container `i` of the finished model is element `i - 1`.
  var nested: [Container] = []
  var layers: [ModelParts.Layer] = []
  private var kindCounts: [String: Int] = [:]
  /// The section that new layers belong to.
  public var section = ModelSection.backbone
  /// The freeze group that new layers belong to.
  public var group: String?
  private var failure: ModelError?

  public init(name: String, kind: Container.Kind = .functional) {
    root = Container(name: name, kind: kind, members: [], inputs: [], outputs: [])
  }

  /// A new input; `shape` is that of one sample, nil where an extent stays open.
  public mutating func input(_ shape: [Int?], name: String? = nil) -> Value {
    let name = name ?? automaticName("input_layer")
    add(Container.Member(name: name, content: .input(shape: shape), calls: [[]]))
    return Value(reference: Container.Reference(member: root.members.count - 1))
  }

  /// A new layer, called on values. Without a name it gets Keras' automatic one: `conv2d`, `conv2d_1`.
  public mutating func callAsFunction(_ layer: any Layer, name: String? = nil, on inputs: [Value]) -> Value {
    let name = name ?? automaticName(type(of: layer).kind.snakeCased)
    layers.append(
      ModelParts.Layer(path: name, layer: layer, group: group, section: section, isFrozen: false, values: nil))
    add(
      Container.Member(
        name: name, content: .layer(layers.count - 1), calls: [inputs.map(\.reference)]))
    return Value(reference: Container.Reference(member: root.members.count - 1))
  }

  /// A new layer, called on one or more values.
  public mutating func callAsFunction(_ layer: any Layer, name: String? = nil, on inputs: Value...) -> Value {
    self(layer, name: name, on: inputs)
  }

  /// Another call of a layer or nested model that already stands in the graph: it is shared.
  public mutating func call(_ name: String, on inputs: Value...) -> [Value] {
    guard let index = root.members.firstIndex(where: { $0.name == name }) else {
      fail(ModelError(layer: name, "there is no such layer to call again"))
      return []
    }
    root.members[index].calls.append(inputs.map(\.reference))
    return outputs(ofMember: index, call: root.members[index].calls.count - 1)
  }

  /// A model inside this one, with its parameters, freezing and containers.
  public mutating func callAsFunction(_ model: Model, name: String? = nil, on inputs: Value...) -> [Value] {
    let name = name ?? model.name
    let offset = nested.count + 1
    let layerOffset = layers.count
    for var layer in model.parts.layers {
      layer.path = name + "/" + layer.path
      layers.append(layer)
    }
    for var container in model.containers {
      for index in container.members.indices {
        switch container.members[index].content {
        case .input: break
        case .layer(let layer): container.members[index].content = .layer(layer + layerOffset)
        case .container(let inner): container.members[index].content = .container(inner + offset)
        }
      }
      nested.append(container)
    }
    nested[offset - 1].name = name
    add(Container.Member(name: name, content: .container(offset), calls: [inputs.map(\.reference)]))
    return outputs(ofMember: root.members.count - 1, call: 0)
  }

  /// The finished model, its new parameters initialised from the seed.
  public func model(inputs: [Value], outputs: [Value], seed: UInt64) throws(ModelError) -> Model {
    try model(inputs: inputs, outputs: outputs, initialization: .random(RandomKey(seed: seed)))
  }

  /// The finished model.
  ///
  /// - Parameter inKerasOrder: whether layers stand as Keras lists them in a model that it has read, instead of in the order in
  ///   which they were added; layers that no output depends on are left out.
  public func model(
    inputs: [Value], outputs: [Value], initialization: Initialization, inKerasOrder: Bool = false
  ) throws(ModelError) -> Model {
    let parts = try parts(
      inputs: inputs.map(\.reference), outputs: outputs.map(\.reference), inKerasOrder: inKerasOrder)
    return try Model(parts, initialization: initialization)
  }

  /// What the finished model is made of.
  func parts(
    inputs: [Container.Reference], outputs: [Container.Reference], inKerasOrder: Bool
  ) throws(ModelError) -> ModelParts {
    if let failure { throw failure }
    var root = root
    root.inputs = inputs
    root.outputs = outputs
    // A sequential model with branches, or layers behind its output, is none any more.
    if root.kind == .sequential, !root.isChain { root.kind = .functional }
    let parts = ModelParts(containers: [root] + nested, layers: layers)
    return inKerasOrder ? parts.inKerasOrder() : parts
  }

  /// Gives the layer that was added last its numbers.
  mutating func setValues(_ values: [Tensor]) { layers[layers.count - 1].values = values }

  func outputs(ofMember index: Int, call: Int) -> [Value] {
    var count = 1
    if case .container(let inner) = root.members[index].content { count = nested[inner - 1].outputs.count }
    return (0..<count).map { Value(reference: Container.Reference(member: index, call: call, output: $0)) }
  }

  private mutating func add(_ member: Container.Member) {
    if root.members.contains(where: { $0.name == member.name }) {
      fail(ModelError(layer: member.name, "two layers have this name; names are unique in a model"))
    }
    root.members.append(member)
  }

  private mutating func fail(_ error: ModelError) { failure = failure ?? error }

  private mutating func automaticName(_ kind: String) -> String {
    while true {
      let count = kindCounts[kind, default: 0]
      kindCounts[kind] = count + 1
      let name = count == 0 ? kind : "\(kind)_\(count)"
      if !root.members.contains(where: { $0.name == name }) { return name }
    }
  }
}

extension Model {
  /// A sequential model.
  ///
  /// - Parameters:
  ///   - inputShape: of one sample, nil where an extent stays open.
  ///   - layers: in order, with names where the automatic ones will not do.
  public init(
    sequential name: String, inputShape: [Int?], _ layers: [(name: String?, layer: any Layer)], seed: UInt64
  ) throws(ModelError) {
    var builder = ModelBuilder(name: name, kind: .sequential)
    let input = builder.input(inputShape)
    var value = input
    for (name, layer) in layers { value = builder(layer, name: name, on: value) }
    self = try builder.model(inputs: [input], outputs: [value], seed: seed)
  }

  /// A sequential model with automatic names.
  public init(
    sequential name: String, inputShape: [Int?], seed: UInt64, @LayerListBuilder _ layers: () -> [any Layer]
  ) throws(ModelError) {
    try self.init(sequential: name, inputShape: inputShape, layers().map { (nil, $0) }, seed: seed)
  }
}

/// Lists layers one below the other.
@resultBuilder
public enum LayerListBuilder {
  public static func buildBlock(_ layers: any Layer...) -> [any Layer] { layers }
}

extension String {
  /// Keras' automatic layer name for a class name: `Conv2D` → `conv2d`, `BatchNormalization` → `batch_normalization`.
  package var snakeCased: String {
    var result = ""
    let letters = Array(self)
    for (index, letter) in letters.enumerated() {
      let startsWord =
        index > 0 && letter.isUppercase && index + 1 < letters.count && letters[index + 1].isLowercase
        || index > 0 && letter.isUppercase && letters[index - 1].isLowercase
      if startsWord { result += "_" }
      result += letter.lowercased()
    }
    return result
  }
}
