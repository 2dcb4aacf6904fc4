internal import JSON
internal import Layers
internal import Tensors

/// Finds for every tensor of a file the parameter that it belongs to. Changes nothing.
struct WeightMatcher {
  struct Pair {
    var parameter: Int
    var tensor: StoredTensor
  }

  /// What an attempt at matching came to.
  struct Match {
    var method = WeightAssignment.Method.byName
    var pairs: [Pair] = []
    /// Sentences about layers that were found and do not fit.
    var problems: [String] = []
    /// Layers of the file that the model does not have.
    var unknown: [StoredLayer] = []
    /// The layers of the model that were found by a name that somebody chose.
    var telling: Set<Int> = []
    var notes: [String] = []
  }

  let model: Model
  let members: [Model.WeightedMember]
  /// The file's layers that have tensors.
  let stored: [StoredLayer]
  private let memberPlaces: [String: Int]
  /// All layers with parameters by name and by path; -1 where a name is not unique.
  private let instancePlaces: [String: Int]

  init(_ model: Model, _ layers: [StoredLayer]) {
    self.model = model
    members = model.weightedMembers
    stored = layers.filter { !$0.tensors.isEmpty }
    memberPlaces = Dictionary(
      members.enumerated().map { (Self.key($1.name), $0) }, uniquingKeysWith: { first, _ in first })
    var places: [String: Int] = [:]
    for (index, instance) in model.instances.enumerated() where !instance.parameters.isEmpty {
      for key in Set([Self.key(instance.path), Self.key(instance.name)]) {
        places[key] = places[key] == nil ? index : -1
      }
    }
    instancePlaces = places
  }

  /// Matches layers by name. Order and position say nothing here, except inside a single layer.
  func byName() -> Match {
    var match = Match()
    for layer in stored {
      let name = Self.key(layer.name)
      if let member = memberPlaces[name] {
        add(layer, to: members[member], &match)
      } else if let instance = instance(named: name) {
        count(instance, &match)
        pair(layer.tensors, with: instance, &match)
      } else if let parts = dissolved(layer) {
        for (instance, tensors) in parts {
          count(instance, &match)
          pair(tensors, with: instance, &match)
        }
      } else {
        match.unknown.append(layer)
      }
    }
    return match
  }

  /// Matches layers in order, as Keras does; nil unless everything fits.
  func byOrder(_ stored: [StoredLayer], _ members: [Model.WeightedMember]) -> Match? {
    guard stored.count == members.count else { return nil }
    var match = Match(method: .byOrder)
    for (layer, member) in zip(stored, members) { add(layer, to: member, &match) }
    return match.problems.isEmpty && match.unknown.isEmpty ? match : nil
  }

  /// Names as Keras 3 allows them.
  static func key(_ name: String) -> String { name.split(separator: "/").joined(separator: "_") }

  private func add(_ layer: StoredLayer, to member: Model.WeightedMember, _ match: inout Match) {
    guard member.isModel else {
      count(member.instances[0], &match)
      pair(layer.tensors, with: member.instances[0], &match)
      return
    }
    NestedMatcher(model: model, member: member).match(layer, &match) { instance, tensors, match in
      count(instance, &match)
      pair(tensors, with: instance, &match)
    }
  }

  private func count(_ instance: Int, _ match: inout Match) {
    let name = model.instances[instance].name
    if !Self.isAutomatic(name, of: model.instances[instance].layer.kind) { match.telling.insert(instance) }
  }

  /// Whether a name is one that Keras gives to layers of a kind: `conv2d`, `conv2d_7`.
  private static func isAutomatic(_ name: String, of kind: String) -> Bool {
    let kind = kind.snakeCased
    let rest = name.dropFirst(kind.count)
    return name.hasPrefix(kind) && (rest.isEmpty || rest.first == "_" && rest.dropFirst().allSatisfy(\.isNumber))
  }

  /// Whether a name is one that Keras gives to layers of some kind, or to models.
  static func isAutomatic(_ name: String) -> Bool {
    (LayerRegistry.kinds + ["Sequential", "Functional", "Model"]).contains { isAutomatic(name, of: $0) }
  }

  /// Whether a match in order contradicts no name that somebody chose: what was not found by name, here and in the file, has
  /// automatic names, whose numbers depend on what else Keras had built before; all else goes where its name says.
  func agrees(_ inOrder: Match, with named: Match, lacking: [Int], unknown: [StoredLayer]) -> Bool {
    let wanting = Set(lacking)
    let unfound = model.instances.filter { !wanting.isDisjoint(with: $0.parameters) }
    guard unfound.allSatisfy({ Self.isAutomatic($0.name, of: $0.layer.kind) }),
      unknown.allSatisfy({ Self.isAutomatic($0.name) })
    else { return false }
    let places = Dictionary(inOrder.pairs.map { ($0.parameter, $0.tensor.path) }, uniquingKeysWith: { $1 })
    let telling = Set(named.telling.flatMap { model.instances[$0].parameters })
    return named.pairs.allSatisfy { !telling.contains($0.parameter) || places[$0.parameter] == $0.tensor.path }
  }

  /// Pairs the tensors of one layer with its parameters: by what they are called where that is clear, else in order.
  private func pair(_ tensors: [StoredTensor], with instance: Int, _ match: inout Match) {
    let parameters = Array(model.instances[instance].parameters)
    let path = model.instances[instance].path
    let names = parameters.map { model.roleName($0) }
    guard tensors.count == parameters.count else {
      let found = tensors.map { "\(TensorName($0.name).role) \($0.shape)" }.joined(separator: ", ")
      match.problems.append(
        "\(path): the model has \(names.joined(separator: ", ")); the file has \(found.isEmpty ? "nothing" : found)")
      return
    }
    let roles = tensors.map { TensorName($0.name).role }
    let byRole = Dictionary(zip(roles, tensors), uniquingKeysWith: { first, _ in first })
    let isClear = byRole.count == tensors.count && names.allSatisfy { byRole[$0] != nil }
    for (index, parameter) in parameters.enumerated() {
      let tensor = isClear ? byRole[names[index]] ?? tensors[index] : tensors[index]
      let expected = model.parameters[parameter].shape
      if tensor.shape != expected {
        match.problems.append(
          "\(model.parameters[parameter].path): the model has \(expected), the file \(tensor.shape)")
      }
      match.pairs.append(Pair(parameter: parameter, tensor: tensor))
    }
  }

  /// The only layer of this name, wherever it is nested.
  private func instance(named key: String) -> Int? {
    instancePlaces[key].flatMap { $0 < 0 ? nil : $0 }
  }

  /// The layers of a nested model of the file that stand unnested in this one; nil unless all of them do.
  private func dissolved(_ layer: StoredLayer) -> [(instance: Int, tensors: [StoredTensor])]? {
    var found: OrderedDictionary<Int, [StoredTensor]> = [:]
    for tensor in layer.tensors {
      guard let name = TensorName(tensor.name).layer.last, let instance = instance(named: Self.key(name)) else {
        return nil
      }
      found[instance, default: []].append(tensor)
    }
    return found.map { ($0.key, $0.value) }
  }
}

extension Model {
  /// Keras' name of a parameter inside its layer: `kernel`.
  func roleName(_ parameter: Int) -> String {
    parameters[parameter].path.split(separator: "/").last.map(String.init) ?? parameters[parameter].path
  }
}
