internal import JSON
internal import Layers

/// Resolves who calls whom in a functional model.
///
/// A reference is `[layer, node, tensor]`, where `node` counts the calls of a layer. For a model inside a model Keras 2 counts
/// from 1, because the model's own definition is its first call. Keras 3 counts from 0 in `keras_history` and from 1 in
/// `output_layers`.
struct GraphReader {
  private struct RawReference {
    var name: String
    var call: Int
    var output: Int
  }

  private struct Entry {
    var name: String
    var isFunctional: Bool
    var isModel: Bool
    var calls: [[RawReference]] = []
  }

  let file: String
  let model: String
  private var entries: [Entry] = []
  private var places: [String: Int] = [:]
  private var usesHistory = false
  private(set) var notes: [String] = []

  init(file: String, model: String) {
    self.file = file
    self.model = model
  }

  /// Takes in one layer of the list and its calls.
  mutating func add(_ layer: JSONValue, isModel: Bool) throws(KerasError) {
    let name = layer["name"]?.stringValue ?? layer["config"]?["name"]?.stringValue ?? ""
    guard places.updateValue(entries.count, forKey: name) == nil else {
      throw error(name, "two layers have this name")
    }
    var entry = Entry(name: name, isFunctional: layer["class_name"] != "Sequential", isModel: isModel)
    for node in layer["inbound_nodes"]?.arrayValue ?? [] {
      let references = try call(node, of: name)
      if !references.isEmpty { entry.calls.append(references) }
    }
    entries.append(entry)
  }

  /// The calls of all layers, and the inputs and outputs of the model.
  func resolve(
    inputs: JSONValue?, outputs: JSONValue?
  ) throws(KerasError) -> (
    calls: [[[Container.Reference]]], inputs: [Container.Reference], outputs: [Container.Reference]
  ) {
    var rawInputs: [RawReference] = []
    try collect(inputs ?? .null, into: &rawInputs, of: "input_layers")
    var rawOutputs: [RawReference] = []
    try collect(outputs ?? .null, into: &rawOutputs, of: "output_layers")
    guard !rawInputs.isEmpty, !rawOutputs.isEmpty else {
      throw error(model, "the model has no input_layers or no output_layers")
    }

    // The lowest node that anybody refers to, for every model inside this one: 1 means that counting begins there.
    var lowest: [String: Int] = [:]
    for reference in entries.flatMap(\.calls).joined() + (usesHistory ? [] : rawOutputs) {
      lowest[reference.name] = min(lowest[reference.name] ?? .max, reference.call)
    }
    func resolved(_ raw: RawReference, isOutput: Bool) throws(KerasError) -> Container.Reference {
      guard let place = places[raw.name] else { throw error(raw.name, "is referred to, but not there") }
      let entry = entries[place]
      var call = raw.call
      if entry.isModel {
        let countsFromOne =
          usesHistory
          ? isOutput && entry.isFunctional && raw.call > 0 : (lowest[raw.name] ?? 0) > 0
        if countsFromOne { call -= 1 }
      }
      guard call == 0 || entry.calls.indices.contains(call) else {
        throw error(raw.name, "call \(raw.call) is referred to, but it is called \(entry.calls.count) times")
      }
      return Container.Reference(member: place, call: call, output: raw.output)
    }
    func resolved(_ raw: [RawReference], isOutput: Bool) throws(KerasError) -> [Container.Reference] {
      var references: [Container.Reference] = []
      for reference in raw { references.append(try resolved(reference, isOutput: isOutput)) }
      return references
    }

    var calls: [[[Container.Reference]]] = []
    for entry in entries {
      var references: [[Container.Reference]] = []
      for call in entry.calls { references.append(try resolved(call, isOutput: false)) }
      calls.append(references)
    }
    var outputReferences = try resolved(rawOutputs, isOutput: true)
    dropUnusedCalls(&calls, &outputReferences)
    return (calls, try resolved(rawInputs, isOutput: false), outputReferences)
  }

  /// Removes calls of nested models that nobody uses. They are no part of the model for Keras, and files that Keras 2 and 3 are
  /// to read alike hold some (`GraphWriter`).
  private func dropUnusedCalls(_ calls: inout [[[Container.Reference]]], _ outputs: inout [Container.Reference]) {
    for (place, entry) in entries.enumerated() where entry.isModel {
      let used = Set((calls.joined().joined() + outputs).filter { $0.member == place }.map(\.call)).sorted()
      guard !used.isEmpty, used.count < calls[place].count else { continue }
      calls[place] = used.filter(calls[place].indices.contains).map { calls[place][$0] }
      func renumber(_ reference: inout Container.Reference) {
        guard reference.member == place, let call = used.firstIndex(of: reference.call) else { return }
        reference.call = call
      }
      for layer in calls.indices {
        for call in calls[layer].indices {
          for index in calls[layer][call].indices { renumber(&calls[layer][call][index]) }
        }
      }
      for index in outputs.indices { renumber(&outputs[index]) }
    }
  }

  /// The tensors that one call takes.
  private mutating func call(_ node: JSONValue, of layer: String) throws(KerasError) -> [RawReference] {
    var references: [RawReference] = []
    if case .object = node {
      usesHistory = true
      try collectHistory(node["args"] ?? .null, of: layer, into: &references)
      for (key, value) in node["kwargs"]?.objectValue ?? [:] {
        try argument(key, value, of: layer, into: &references)
      }
      return references
    }
    guard let list = node.arrayValue else { throw error(layer, "its inbound_nodes are not understood: \(node.text)") }
    // One reference alone, or a list of them.
    for item in list.first?.stringValue == nil ? list : [node] {
      guard let parts = item.arrayValue, let reference = reference(parts) else {
        throw error(layer, "its inbound_nodes are not understood: \(item.text)")
      }
      references.append(reference)
      if parts.count > 3 {
        for (key, value) in parts[3].objectValue ?? [:] { try argument(key, value, of: layer, into: &references) }
      }
    }
    return references
  }

  /// An argument of a call by name.
  private mutating func argument(
    _ key: String, _ value: JSONValue, of layer: String, into references: inout [RawReference]
  ) throws(KerasError) {
    switch key {
    case _ where value.isNull: return
    case "inputs": try collectHistory(value, of: layer, into: &references)
    case "training":
      notes.append(
        "layer \"\(layer)\" is called with training=\(value.text) in Keras; here the batch normalisation policy decides"
      )
    default:
      throw KerasError(
        .unsupported, file: file, place: "layer \"\(layer)\"", "is called with \(key)=\(value.text)",
        remedy: "Only calls on plain inputs are supported.")
    }
  }

  private func collectHistory(
    _ value: JSONValue, of layer: String, into references: inout [RawReference]
  ) throws(KerasError) {
    if let list = value.arrayValue {
      for item in list { try collectHistory(item, of: layer, into: &references) }
    } else if let history = value["config"]?["keras_history"]?.arrayValue, let reference = reference(history) {
      references.append(reference)
    } else if value["class_name"] == "__tuple__" {
      try collectHistory(value["items"] ?? .null, of: layer, into: &references)
    } else if value.doubleValue != nil {
      throw KerasError(
        .unsupported, file: file, place: "layer \"\(layer)\"", "is called on the constant \(value.text)",
        remedy: "Only calls on the outputs of other layers are supported.")
    }
  }

  /// `["conv", 0, 0]`, a list of such, or an object whose values are such.
  private func collect(_ value: JSONValue, into references: inout [RawReference], of key: String) throws(KerasError) {
    if let list = value.arrayValue {
      if let reference = reference(list) {
        references.append(reference)
      } else {
        for item in list { try collect(item, into: &references, of: key) }
      }
    } else if let members = value.objectValue {
      for item in members.values { try collect(item, into: &references, of: key) }
    } else {
      throw error(model, "its \(key) are not understood: \(value.text)")
    }
  }

  private func reference(_ parts: [JSONValue]) -> RawReference? {
    guard parts.count >= 3, let name = parts[0].stringValue, let call = parts[1].intValue,
      let output = parts[2].intValue,
      call >= 0, output >= 0
    else { return nil }
    return RawReference(name: name, call: call, output: output)
  }

  private func error(_ layer: String, _ problem: String) -> KerasError {
    KerasError(.damaged, file: file, place: layer == model ? layer : "layer \"\(layer)\"", problem)
  }
}
