extension Model {
  /// Freezes layers: from now on they run in inference mode, are not recorded and do not move.
  public mutating func freeze(_ selector: LayerSelector) throws(SelectionError) {
    for index in try layers(selector) { instances[index].isFrozen = true }
  }

  /// Makes layers trainable again.
  public mutating func unfreeze(_ selector: LayerSelector) throws(SelectionError) {
    for index in try layers(selector) { instances[index].isFrozen = false }
  }

  /// Freezes everything but what the selectors mean.
  public mutating func train(only selectors: [LayerSelector]) throws(SelectionError) {
    var trained = Set<Int>()
    for selector in selectors { trained.formUnion(try layers(selector)) }
    setTrained(trained)
  }

  /// Freezes all layers but these.
  package mutating func setTrained(_ trained: Set<Int>) {
    for index in instances.indices { instances[index].isFrozen = !trained.contains(index) }
  }

  /// The parameters that an optimiser may move, in order: the weights of layers that are not frozen and that the policy for
  /// batch normalisation does not hold back.
  public var trainableParameters: [Int] {
    let trainable = isTrainableInstance
    return instances.indices.filter { trainable[$0] }.flatMap { index in
      instances[index].parameters.filter { parameters[$0].role == .weight }
    }
  }

  /// The parameters that training must leave as they are to the last bit: those of frozen layers, and what the policy for
  /// batch normalisation holds back.
  public var frozenParameters: [Int] {
    let moving = Set(trainableParameters)
    return parameters.indices.filter { index in
      if moving.contains(index) { return false }
      return parameters[index].role == .weight || !movesStatistics(instance(ofParameter: index))
    }
  }

  /// Whether training moves the statistics of a layer.
  func movesStatistics(_ index: Int) -> Bool {
    !instances[index].isFrozen && instances[index].layer is BatchNormalization
      && (batchNormPolicy == .statistics || batchNormPolicy == .train)
  }

  /// In which mode a layer runs while the model is trained.
  package func mode(ofInstance index: Int) -> Context.Mode {
    if instances[index].isFrozen { return .inference }
    if instances[index].layer is BatchNormalization { return movesStatistics(index) ? .training : .inference }
    return .training
  }

  private var isTrainableInstance: [Bool] {
    instances.map { instance in
      if instance.isFrozen { return false }
      return !(instance.layer is BatchNormalization) || batchNormPolicy == .affine || batchNormPolicy == .train
    }
  }

  private func instance(ofParameter parameter: Int) -> Int {
    // Ranges follow one another: the first that ends behind the parameter holds it.
    instances.partitioningIndex { $0.parameters.upperBound > parameter }
  }
}

extension Array {
  /// The first index whose element satisfies a predicate that, once true, stays true.
  fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
    var low = startIndex
    var high = endIndex
    while low < high {
      let middle = (low + high) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
