internal import JSON
internal import Layers

/// Gives the layers of Keras 3's layout the names that a model knows them by.
///
/// Keras goes by class and number alone, so that two branches that change places take each other's weights without a word.
/// Here the names in the file decide where there are any and they are known; where there are none, or automatic ones of
/// another session, class and number do, as long as they contradict no name that somebody chose.
struct KeyedResolution {
  let model: Model
  /// Whether class and number alone told some layers apart.
  private(set) var usesKeys = false

  init(_ model: Model) { self.model = model }

  /// The layers in Keras' order of the model's, then those that it has no place for.
  mutating func layers(of weights: KeyedWeights) -> [StoredLayer] {
    assigned(weights.layers, in: 0).map { found in
      StoredLayer(name: found.name, tensors: tensors(of: found, prefix: found.name))
    }
  }

  private struct Assigned {
    var name: String
    var node: KeyedWeights.Node
    /// Index into `Model.containers`, where the node is a nested model that the model has as well.
    var container: Int?
  }

  private mutating func tensors(of found: Assigned, prefix: String) -> [StoredTensor] {
    var result: [StoredTensor] = []
    func add(_ tensors: [StoredTensor]) {
      for var tensor in tensors {
        tensor.name = prefix + "/" + tensor.name
        result.append(tensor)
      }
    }
    add(found.node.variables)
    if let container = found.container {
      for inner in assigned(found.node.layers, in: container) {
        result += tensors(of: inner, prefix: prefix + "/" + inner.name)
      }
    } else {
      add(found.node.layers.flatMap(\.allTensors))
    }
    add(found.node.strays)
    return result
  }

  private mutating func assigned(_ nodes: [KeyedWeights.Node], in container: Int) -> [Assigned] {
    let members = model.containers[container].members
    let keys = model.keys(ofContainer: container)
    let byKey = Dictionary(uniqueKeysWithValues: keys.map { ($0.key, $0.member) })
    let ranks = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1.key, $0) })
    let byName = Dictionary(
      keys.map { (WeightMatcher.key(members[$0.member].name), $0.member) }, uniquingKeysWith: { first, _ in first })

    let nodes = nodes.filter(\.hasTensors).enumerated().sorted {
      (ranks[$0.element.key] ?? .max, $0.offset) < (ranks[$1.element.key] ?? .max, $1.offset)
    }.map(\.element)
    let named = nodes.map { $0.name.flatMap { byName[WeightMatcher.key($0)] } }
    let isNamed = !named.contains(nil)
    let byNumber =
      !isNamed
      && zip(nodes, named).allSatisfy { node, member in
        guard let name = node.name, !WeightMatcher.isAutomatic(name) else { return true }
        return member != nil && member == byKey[node.key]
      }
    if byNumber, !nodes.isEmpty { usesKeys = true }
    return zip(nodes, named).map { node, named in
      let member = byNumber ? byKey[node.key] : named
      var inner: Int?
      if let member, case .container(let index) = members[member].content { inner = index }
      let name = member.map { WeightMatcher.key(members[$0].name) } ?? node.name ?? node.key
      return Assigned(name: name, node: node, container: inner)
    }
  }
}

extension Model {
  /// The groups that Keras 3 keeps the layers of a model in, in its order of layers: the class in small letters, with a
  /// number from the second of a class on. The inputs of a sequential model are none of its layers.
  func keys(ofContainer index: Int) -> [(member: Int, key: String)] {
    let container = containers[index]
    var counts: [String: Int] = [:]
    return container.kerasOrder().compactMap { member in
      var kind: String
      switch container.members[member].content {
      case .input:
        if container.kind == .sequential { return nil }
        kind = "input_layer"
      case .layer(let instance): kind = instances[instance].layer.kind.snakeCased
      case .container(let inner): kind = containers[inner].kind == .sequential ? "sequential" : "functional"
      }
      let count = counts[kind, default: 0]
      counts[kind] = count + 1
      if count > 0 { kind += "_\(count)" }
      return (member, kind)
    }
  }
}
