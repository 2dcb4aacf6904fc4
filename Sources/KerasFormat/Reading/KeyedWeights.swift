internal import JSON

/// Weights in the layout of Keras 3: layers under the names of their classes, numbered as Keras lists them, `conv2d_1`, and
/// their tensors under numbers.
///
///     layers/conv2d/vars/0, 1            with an attribute "name" in files of recent versions
///     layers/sequential/layers/…         a model inside the model
///     optimizer/vars/0, 1, …
///
/// tf.keras 2.12 and 2.13 say `_layer_checkpoint_dependencies` in place of `layers`.
struct KeyedWeights: Sendable {
  struct Node: Sendable {
    var key: String
    /// The layer's own name, if the file says it.
    var name: String?
    /// In the order of their creation: trainable ones first.
    var variables: [StoredTensor] = []
    /// The layers of a nested model.
    var layers: [Node] = []
    /// Tensors at places that Keras' own layers do not use.
    var strays: [StoredTensor] = []

    var hasTensors: Bool { !variables.isEmpty || !strays.isEmpty || layers.contains(where: \.hasTensors) }

    var allTensors: [StoredTensor] { variables + layers.flatMap(\.allTensors) + strays }
  }

  var layers: [Node]
  /// The state of an optimizer, in Keras' order, and what the optimizer calls itself.
  var optimizer: (name: String?, variables: [StoredTensor])?
  /// Whether it is tf.keras' early form.
  let isEarlyForm: Bool

  static let layerGroups = ["layers", "_layer_checkpoint_dependencies"]

  init(_ tree: GroupTree, _ file: String) throws(KerasError) {
    isEarlyForm = tree.groups["layers"] == nil && tree.groups["_layer_checkpoint_dependencies"] != nil
    // What metrics counted when the file was written is of no use to anybody.
    let root = try Node("", tree, file, ignoring: ["optimizer", "metrics"])
    layers = root.layers
    // The model itself owns no numbers; a model of a class of its own may.
    let own = root.variables + root.strays
    if !own.isEmpty { layers.append(Node(key: "(the model itself)", strays: own)) }
    if let state = tree.groups["optimizer"]?.groups["vars"], !state.tensors.isEmpty {
      optimizer = (state.name, try Node.numbered(state, file))
    }
  }
}

extension KeyedWeights.Node {
  fileprivate init(_ key: String, _ tree: GroupTree, _ file: String, ignoring: Set<String> = []) throws(KerasError) {
    self.init(key: key, name: tree.groups["vars"]?.name)
    strays = Array(tree.tensors.values)
    for (name, group) in tree.groups where !ignoring.contains(name) {
      if name == "vars" {
        variables = try Self.numbered(group, file)
        strays += group.groups.values.flatMap(\.allTensors)
      } else if KeyedWeights.layerGroups.contains(name) {
        for (key, layer) in group.groups { layers.append(try Self(key, layer, file)) }
        strays += group.tensors.values
      } else if name != "seed_generator", name != "_seed_generator" {
        // The state of a generator of random numbers is not the model's.
        strays += group.allTensors
      }
    }
    layers.sort { Self.order($0.key) < Self.order($1.key) }
  }

  /// The tensors `0`, `1`, … of a group.
  fileprivate static func numbered(_ group: GroupTree, _ file: String) throws(KerasError) -> [StoredTensor] {
    var tensors: [StoredTensor] = []
    for index in 0..<group.tensors.count {
      guard let tensor = group.tensors["\(index)"] else {
        let found = group.tensors.keys.prefix(6).joined(separator: ", ")
        throw KerasError(
          .damaged, file: file, place: group.path,
          "has no tensor \(index); expected 0 to \(group.tensors.count - 1), found \(found)")
      }
      tensors.append(tensor)
    }
    return tensors
  }

  /// `conv2d_10` stands after `conv2d_2`.
  private static func order(_ key: String) -> (String, Int) {
    guard let bar = key.lastIndex(of: "_"), let number = Int(key[key.index(after: bar)...]) else { return (key, 0) }
    return (String(key[..<bar]), number)
  }
}
