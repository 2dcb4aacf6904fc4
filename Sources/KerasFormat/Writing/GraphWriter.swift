internal import JSON
internal import Layers

/// Writes a model's configuration so that Keras 3 and Keras 2 (tf_keras) both load it: Keras 2's form, with the keys that are
/// needed and no others.
struct GraphWriter {
  let model: Model
  let names: FileNames
  /// What Keras does not keep, by path in the file.
  private(set) var remembered = RememberedLayers()
  /// Whether an activation stands in the model that only Keras 2 has.
  private(set) var usesKeras2Activation = false

  init(_ model: Model, _ names: FileNames) {
    self.model = model
    self.names = names
  }

  /// Layers whose constructors in Keras 3 do not take `trainable`.
  private static let withoutTrainable: Set = ["SpatialDropout2D"]

  /// `model_config`.
  mutating func config() throws(ConfigError) -> JSONValue {
    try config(ofContainer: 0, name: model.name.split(separator: "/").joined(separator: "_"), path: "")
  }

  private mutating func config(ofContainer index: Int, name: String, path: String) throws(ConfigError) -> JSONValue {
    let container = model.containers[index]
    let isSequential = container.kind == .sequential
    var layers: [JSONValue] = []
    for member in container.kerasOrder() {
      let written = names.name(ofMember: member, in: index)
      guard var entry = try entry(container.members[member], name: written, path: path) else { continue }
      if !isSequential {
        entry["name"] = .string(written)
        entry["inbound_nodes"] = .array(inboundNodes(of: member, in: index))
      }
      layers.append(.object(entry))
    }
    var settings: OrderedDictionary<String, JSONValue> = ["name": .string(name), "layers": .array(layers)]
    if !isSequential {
      settings["input_layers"] = ends(container.inputs, in: index)
      settings["output_layers"] = ends(container.outputs, in: index)
    }
    return ["class_name": isSequential ? "Sequential" : "Functional", "config": .object(settings)]
  }

  /// Class and settings of a member; nil for an input whose shape nobody knows, which Keras then infers.
  private mutating func entry(
    _ member: Container.Member, name: String, path: String
  ) throws(ConfigError) -> OrderedDictionary<String, JSONValue>? {
    var memory = RememberedLayers.Layer(name: name == member.name ? nil : member.name)
    defer { remembered.remember(path + name, memory) }
    switch member.content {
    case .input(let shape):
      guard !shape.isEmpty else { return nil }
      let extents = shape.map { extent -> JSONValue in extent.map { .integer($0) } ?? .null }
      return [
        "class_name": "InputLayer",
        "config": ["batch_input_shape": .array([.null] + extents), "dtype": "float32", "name": .string(name)],
      ]
    case .container(let inner):
      return try config(ofContainer: inner, name: name, path: path + member.name + "/").objectValue
    case .layer(let index):
      let instance = model.instances[index]
      memory.group = instance.group
      memory.section = instance.section == .backbone ? nil : instance.section
      var settings: OrderedDictionary<String, JSONValue> = ["name": .string(name)]
      if Self.withoutTrainable.contains(instance.layer.kind) {
        memory.isFrozen = instance.isFrozen ? true : nil
      } else {
        settings["trainable"] = .bool(!instance.isFrozen)
      }
      settings["dtype"] = "float32"
      for (key, value) in instance.layer.config.objectValue ?? [:] where !value.isNull {
        settings[key] = key == "activation" ? try activation(value, of: instance.path) : value
      }
      return ["class_name": .string(instance.layer.kind), "config": .object(settings)]
    }
  }

  private mutating func activation(_ value: JSONValue, of layer: String) throws(ConfigError) -> JSONValue {
    switch value {
    case "keras2_hard_sigmoid":
      usesKeras2Activation = true
      return "hard_sigmoid"
    case "gelu_tanh":
      throw ConfigError(key: layer, "Keras has no name for the activation gelu_tanh; use gelu")
    default: return value
    }
  }

  /// The inputs or outputs of a model. One alone stands without a list around it: else Keras 3 passes on a list of one tensor.
  private func ends(_ references: [Container.Reference], in container: Int) -> JSONValue {
    references.count == 1
      ? reference(references[0], in: container) : .array(references.map { reference($0, in: container) })
  }

  /// For each call of a member the list of `[layer, node, tensor, {}]`.
  ///
  /// Keras 2 counts the calls of a nested model from 1, Keras 3 from 0 here and from 1 in `output_layers`. Written twice, one
  /// after the other, call *k* is what both find at 2*k* + 1; the unused twins are no part of the model.
  private func inboundNodes(of member: Int, in container: Int) -> [JSONValue] {
    let content = model.containers[container].members[member]
    if case .input = content.content { return [] }
    let isDoubled = countsFromOne(member, in: container)
    return content.calls.flatMap { call -> [JSONValue] in
      let references = call.map { source -> JSONValue in
        .array((reference(source, in: container).arrayValue ?? []) + [[:]])
      }
      return Array(repeating: .array(references), count: isDoubled ? 2 : 1)
    }
  }

  private func reference(_ reference: Container.Reference, in container: Int) -> JSONValue {
    let isDoubled = countsFromOne(reference.member, in: container)
    return [
      .string(names.name(ofMember: reference.member, in: container)),
      .integer(isDoubled ? 2 * reference.call + 1 : reference.call), .integer(reference.output),
    ]
  }

  /// Whether a member is a nested model that has a call of its own, because it is written with its inputs.
  private func countsFromOne(_ member: Int, in container: Int) -> Bool {
    guard case .container(let inner) = model.containers[container].members[member].content else { return false }
    return model.containers[inner].inputs.contains { reference in
      if case .input(let shape) = model.containers[inner].members[reference.member].content {
        !shape.isEmpty
      } else {
        false
      }
    }
  }
}
