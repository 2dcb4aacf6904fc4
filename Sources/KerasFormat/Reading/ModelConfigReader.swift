internal import JSON
internal import Layers

/// Turns Keras' description of a model into containers and layers. Builds nothing, runs nothing.
///
/// Reads the forms of Keras 1, 2 and 3: sequential models as a list or an object, functional ones with `inbound_nodes` as
/// lists or as `args` with `keras_history`, models inside models, shared layers.
struct ModelConfigReader {
  let file: String
  /// Decides what `hard_sigmoid` means.
  let majorVersion: Int
  /// The names and places that our own files remember, by path in the file.
  let remembered: RememberedLayers
  private(set) var containers: [Container] = []
  private(set) var layers: [ModelParts.Layer] = []
  /// What a user should know of the reading.
  private(set) var notes: [String] = []

  init(file: String, majorVersion: Int, remembered: RememberedLayers) {
    self.file = file
    self.majorVersion = majorVersion
    self.remembered = remembered
  }

  /// The parts of the model that `model_config` describes.
  mutating func parts(of config: JSONValue) throws(KerasError) -> ModelParts {
    guard let kind = config["class_name"]?.stringValue else {
      throw error("model_config", "has no class_name")
    }
    guard Self.isModel(kind) else {
      throw KerasError(
        .unsupported, file: file, place: "model_config",
        "describes a \"\(kind)\", not a Sequential or Functional model",
        remedy: "Models written as classes of their "
          + "own do not describe their layers; rebuild the model in Keras with the functional API and save that.")
    }
    let config = config.withLayersForOperations
    try UnknownLayers(in: config).refuse(file)
    _ = try container(config, name: nil, path: "", isFrozen: false)
    return ModelParts(containers: containers, layers: layers)
  }

  static func isModel(_ kind: String) -> Bool { ["Sequential", "Functional", "Model"].contains(kind) }

  /// Appends a container and all that stands in it; gives its index.
  ///
  /// - Parameters:
  ///   - path: of the members' parent, with a slash at its end unless empty.
  ///   - isFrozen: whether a container around this one is not trainable.
  private mutating func container(
    _ value: JSONValue, name: String?, path: String, isFrozen: Bool
  ) throws(KerasError) -> Int {
    let settings = value["config"] ?? .null
    let index = containers.count
    let name = name ?? settings["name"]?.stringValue ?? "model"
    let isFrozen = isFrozen || settings["trainable"]?.boolValue == false
    // Its place is taken before those of the models inside it.
    containers.append(Container(name: name, kind: .sequential, members: [], inputs: [], outputs: []))
    let place = path.isEmpty ? name : String(path.dropLast())
    guard let entries = settings["layers"]?.arrayValue ?? settings.arrayValue, !entries.isEmpty else {
      throw error(place, "the model has no layers")
    }
    containers[index] =
      value["class_name"]?.stringValue == "Sequential"
      ? try sequential(settings, entries, name: name, path: path, isFrozen: isFrozen)
      : try functional(settings, entries, name: name, path: path, isFrozen: isFrozen)
    return index
  }

  private mutating func sequential(
    _ settings: JSONValue, _ entries: [JSONValue], name: String, path: String, isFrozen: Bool
  ) throws(KerasError) -> Container {
    var members: [Container.Member] = []
    if let first = entries.first, first["class_name"]?.stringValue != "InputLayer" {
      let shape = try InputShape.ofFirstLayer(first, in: settings, file)
      guard shape != nil || !path.isEmpty else {
        throw KerasError(
          .unsupported, file: file, place: name, "the model does not say its input shape",
          remedy: "Call it once on an input in Keras, or give its first layer an input_shape, and save it again.")
      }
      let inputName = (first["config"]?["name"]?.stringValue ?? name) + "_input"
      members.append(Container.Member(name: inputName, content: .input(shape: shape ?? []), calls: [[]]))
    }
    for entry in entries {
      var member = try member(entry, path: path, isFrozen: isFrozen)
      if case .input = member.content {
        // A nested model's input in the middle of the list says what is known already.
        if !members.isEmpty { continue }
        member.calls = [[]]
      } else {
        member.calls = [[Container.Reference(member: members.count - 1)]]
      }
      members.append(member)
    }
    return Container(
      name: name, kind: .sequential, members: members, inputs: [Container.Reference(member: 0)],
      outputs: [Container.Reference(member: members.count - 1)])
  }

  private mutating func functional(
    _ settings: JSONValue, _ entries: [JSONValue], name: String, path: String, isFrozen: Bool
  ) throws(KerasError) -> Container {
    var graph = GraphReader(file: file, model: name)
    var members: [Container.Member] = []
    for entry in entries {
      let member = try member(entry, path: path, isFrozen: isFrozen)
      try graph.add(entry, isModel: entry["class_name"]?.stringValue.map(Self.isModel) ?? false)
      members.append(member)
    }
    let (calls, inputs, outputs) = try graph.resolve(
      inputs: settings["input_layers"], outputs: settings["output_layers"])
    notes += graph.notes
    for index in members.indices {
      if case .input = members[index].content {
        members[index].calls = [[]]
      } else {
        members[index].calls = calls[index]
      }
    }
    return Container(name: name, kind: .functional, members: members, inputs: inputs, outputs: outputs)
  }

  /// A member without its calls.
  private mutating func member(_ entry: JSONValue, path: String, isFrozen: Bool) throws(KerasError) -> Container.Member
  {
    let settings = entry["config"] ?? .null
    guard let kind = entry["class_name"]?.stringValue,
      let stored = entry["name"]?.stringValue ?? settings["name"]?.stringValue
    else { throw error(path.isEmpty ? "model_config" : String(path.dropLast()), "a layer has no name or class_name") }
    let known = remembered[path + stored]
    let name = known.name ?? stored
    if kind == "InputLayer" {
      guard let shape = try InputShape.of(settings, stored, file) else {
        throw error(stored, "the input layer has no shape")
      }
      return Container.Member(name: name, content: .input(shape: shape), calls: [])
    }
    if Self.isModel(kind) {
      let inner = try container(entry, name: name, path: path + name + "/", isFrozen: isFrozen)
      return Container.Member(name: name, content: .container(inner), calls: [])
    }
    if let key = Plausibility.implausibleKey(in: settings) {
      throw error("layer \"\(path + stored)\" (\(kind))", "\(key): \(settings[key]?.text ?? "") is too large")
    }
    let translation = LayerTranslation(kind: kind, config: settings, majorVersion: majorVersion)
    do throws(ConfigError) {
      let layer = try LayerRegistry.layer(kind: translation.kind, config: try translation.translated())
      layers.append(
        ModelParts.Layer(
          path: path + name, layer: layer, group: known.group, section: known.section ?? .backbone,
          isFrozen: isFrozen || known.isFrozen == true || settings["trainable"]?.boolValue == false))
    } catch {
      throw KerasError(.unsupported, file: file, place: "layer \"\(path + stored)\" (\(kind))", "\(error)")
    }
    return Container.Member(name: name, content: .layer(layers.count - 1), calls: [])
  }

  private func error(_ place: String, _ problem: String) -> KerasError {
    KerasError(.damaged, file: file, place: place, problem)
  }
}
