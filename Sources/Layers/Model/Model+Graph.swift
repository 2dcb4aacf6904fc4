extension Model {
  /// The values and nodes that lead to `values`, themselves included.
  public func ancestors(of values: [ValueID]) -> Set<ValueID> {
    var found = Set(values)
    for node in nodes.reversed() where found.contains(node.output) { found.formUnion(node.inputs) }
    return found
  }

  /// The values that depend on any of `values`, themselves included.
  public func descendants(of values: [ValueID]) -> Set<ValueID> {
    var found = Set(values)
    for node in nodes where node.inputs.contains(where: found.contains) { found.insert(node.output) }
    return found
  }

  /// The index of a layer's instance by its path.
  public func instanceIndex(_ path: String) -> Int? { instances.firstIndex { $0.path == path } }

  /// The values that cross from what is fixed into what is not, when all of `fixed` stays as it is: every fixed value that a
  /// node outside uses, and every output of the model that is fixed itself.
  ///
  /// Between two stages of a chain that is one value; inside a residual block there are two.
  public func boundary(ofFixed fixed: Set<ValueID>) -> [ValueID] {
    var crossing = Set(outputs.filter(fixed.contains))
    for node in nodes where !fixed.contains(node.output) { crossing.formUnion(node.inputs.filter(fixed.contains)) }
    return crossing.sorted()
  }

  /// The values that no trainable parameter, batch statistic or random number can change: inputs, and nodes of frozen or
  /// parameter-free deterministic layers that depend on nothing else.
  public var fixedValues: Set<ValueID> {
    var fixed = Set(inputs.map(\.value))
    for node in nodes where isInert(node.instance) && node.inputs.allSatisfy(fixed.contains) {
      fixed.insert(node.output)
    }
    return fixed
  }

  /// Whether a layer gives the same output for the same input throughout training.
  private func isInert(_ index: Int) -> Bool {
    let instance = instances[index]
    if instance.isFrozen { return true }
    if instance.layer is any StochasticLayer { return false }
    if instance.layer is BatchNormalization { return batchNormPolicy == .frozen }
    return instance.parameters.isEmpty
  }
}

/// A layer that draws random numbers in training, such as dropout.
public protocol StochasticLayer: Layer {}
