internal import JSON
internal import Layers
internal import Tensors

/// Matches the tensors of a nested model. In a legacy file they are one list whose order depends on what was frozen when the
/// file was written: trainable ones of all layers first, then the others. Keras goes by position and permutes tensors of
/// equal shape without a word; here the names decide, and positions only where names are of no use.
struct NestedMatcher {
  let model: Model
  let member: Model.WeightedMember

  /// - Parameter pair: takes over the tensors of one layer.
  func match(
    _ layer: StoredLayer, _ match: inout WeightMatcher.Match,
    pair: (Int, [StoredTensor], inout WeightMatcher.Match) -> Void
  ) {
    if let byPath = byPath(layer) {
      for (instance, tensors) in byPath { pair(instance, tensors, &match) }
      return
    }
    guard let (order, pairs) = byPosition(layer.tensors) else {
      match.problems.append(
        "\(member.name): its \(layer.tensors.count) tensors in the file fit the model's "
          + "\(parameterCount) parameters neither by name nor by position")
      return
    }
    match.notes.append("\(member.name): names inside say nothing; matched by position, \(order)")
    match.pairs += pairs
  }

  private var parameterCount: Int { member.instances.reduce(0) { $0 + model.instances[$1].parameters.count } }

  /// Tensors by the layer whose path ends as theirs does; nil unless each belongs to exactly one.
  private func byPath(_ layer: StoredLayer) -> [(instance: Int, tensors: [StoredTensor])]? {
    var groups: OrderedDictionary<[String], [StoredTensor]> = [:]
    for tensor in layer.tensors { groups[TensorName(tensor.name).layer, default: []].append(tensor) }
    var found: OrderedDictionary<Int, [StoredTensor]> = [:]
    for (path, tensors) in groups {
      guard let instance = instance(endingIn: path) else { return nil }
      found[instance, default: []] += tensors
    }
    return found.map { ($0.key, $0.value) }
  }

  private func instance(endingIn path: [String]) -> Int? {
    var best: (instance: Int, length: Int)?
    var isAmbiguous = false
    for instance in member.instances {
      // A written name has no slash: compare part by part, and as Keras 3 would spell it.
      let own = model.instances[instance].path.split(separator: "/").map(String.init)
      let joined = [own.first ?? "", WeightMatcher.key(own.dropFirst().joined(separator: "/"))]
      let length = max(Self.commonSuffix(own, path), Self.commonSuffix(joined, path))
      guard length > 0 else { continue }
      if length == best?.length { isAmbiguous = true }
      if length > best?.length ?? 0 {
        best = (instance, length)
        isAmbiguous = false
      }
    }
    return isAmbiguous ? nil : best?.instance
  }

  private static func commonSuffix(_ left: [String], _ right: [String]) -> Int {
    zip(left.reversed(), right.reversed()).prefix { $0 == $1 }.count
  }

  /// Tries the orders that Keras may have used: with today's frozen layers, with none, with all.
  private func byPosition(_ tensors: [StoredTensor]) -> (order: String, pairs: [WeightMatcher.Pair])? {
    let orders: [(String, (Int) -> Bool)] = [
      ("with the layers frozen that are frozen in the model", { model.instances[$0].isFrozen }),
      ("with nothing frozen", { _ in false }), ("with everything frozen", { _ in true }),
    ]
    for (name, isFrozen) in orders {
      let parameters = member.parameters(of: model, isFrozen: isFrozen)
      guard parameters.count == tensors.count,
        zip(parameters, tensors).allSatisfy({ model.parameters[$0].shape == $1.shape }),
        zip(parameters, tensors).allSatisfy({ agrees(model.roleName($0), TensorName($1.name).role) })
      else { continue }
      return (name, zip(parameters, tensors).map { WeightMatcher.Pair(parameter: $0, tensor: $1) })
    }
    return nil
  }

  /// Whether a tensor may be this parameter by what it is called; two well-known names that differ say no.
  private func agrees(_ expected: String, _ found: String) -> Bool {
    let telling: Set = ["gamma", "beta", "moving_mean", "moving_variance", "bias"]
    return expected == found || !telling.contains(found) && !telling.contains(expected)
  }
}
