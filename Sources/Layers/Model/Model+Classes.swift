internal import JSON
internal import Kernels
internal import Tensors

/// What becomes of a model's classes when it is given others.
public struct ClassChange: Hashable, Sendable {
  /// Classes of before and after: they keep what the model knows of them.
  public var kept: [String]
  /// Classes whose rows begin anew.
  public var new: [String]
  /// Classes that are no longer told apart.
  public var dropped: [String]

  public init(kept: [String], new: [String], dropped: [String]) {
    self.kept = kept
    self.new = new
    self.dropped = dropped
  }
}

extension Model {
  /// This model with other classes: what its last layer knows of a class that stays is carried over by name, the column of the
  /// kernel and the bias, in whatever order the classes come; new classes are initialised.
  ///
  /// The last layer with parameters must be a `Dense` or a 1×1 `Conv2D` with one output for each class; activations and
  /// reshaping may follow.
  /// - Parameters:
  ///   - old: the model's classes in the order of its outputs.
  ///   - new: the classes it is to have, in their order.
  ///   - sources: for new classes that the model knows by another name: that name.
  public func changingClasses(
    from old: [String], to new: [String], knownAs sources: [String: String] = [:], initialization: Initialization
  ) throws(ModelError) -> (model: Model, change: ClassChange) {
    try Self.checkUnique(old, "the model's")
    try Self.checkUnique(new, "the new")
    for (name, source) in sources.sorted(by: { $0.key < $1.key }) {
      guard new.contains(name) else {
        throw ModelError(
          "there is no class \"\(name)\" among the new ones. \(Suggestion.sentence(for: name, among: new))")
      }
      guard old.contains(source) else {
        throw ModelError("the model has no class \"\(source)\". \(Suggestion.sentence(for: source, among: old))")
      }
    }
    let (node, tail) = try classifier()
    let instance = instances[node.instance]
    let places = Dictionary(uniqueKeysWithValues: old.enumerated().map { ($1, $0) })
    let columns = new.map { places[sources[$0] ?? $0] }

    let layer: any Layer
    switch instance.layer {
    case let dense as Dense where dense.units == old.count:
      var dense = dense
      dense.units = new.count
      layer = dense
    case let convolution as Conv2D where convolution.filters == old.count:
      var convolution = convolution
      convolution.filters = new.count
      layer = convolution
    default:
      let count = parameters[instance.parameters.lowerBound].shape[-1]
      throw ModelError(
        layer: instance.path,
        count == 1 && old.count == 2
          ? "it has one output for two classes; with other classes it needs a new head"
          : "it has \(count) outputs, but there are \(old.count) classes; give the model's own classes in their order")
    }

    var (builder, inputs, value) = try ModelBuilder.continuing(self, at: node.inputs[0])
    let names = flatNames()
    value = builder(layer, name: names[node.instance], on: value)
    builder.setValues(
      zip(layer.parameterSpecs(for: [try nominalShapes()[node.inputs[0].index]]), instance.parameters).map {
        spec, parameter in
        let start: Tensor =
          switch initialization {
          case .random(let key): spec.initializer.tensor(spec.shape, key.folding("classes").folding(spec.name))
          case .none: Tensor(zeros: spec.shape)
          }
        return start.withColumns(columns, of: parameters[parameter].value)
      })
    for node in tail {
      var layer = instances[node.instance].layer
      if let reshape = layer as? Reshape {
        layer = Reshape(targetShape: reshape.targetShape.map { $0 == old.count ? new.count : $0 })
      }
      value = builder(layer, name: names[node.instance], on: value)
    }
    let model = try builder.model(inputs: inputs, outputs: [value], initialization: initialization)
    let known = Set(new.map { sources[$0] ?? $0 })
    return (
      model,
      ClassChange(
        kept: zip(new, columns).filter { $0.1 != nil }.map(\.0), new: zip(new, columns).filter { $0.1 == nil }.map(\.0),
        dropped: old.filter { !known.contains($0) })
    )
  }

  /// The layer that tells the classes apart, and what follows it.
  private func classifier() throws(ModelError) -> (node: Node, tail: [Node]) {
    guard outputs.count == 1 else { throw ModelError("it has \(outputs.count) outputs; classes can be changed on one") }
    var tail: [Node] = []
    var value = outputs[0]
    while let node = nodes.last(where: { $0.output == value }) {
      let instance = instances[node.instance]
      let isClassifier = instance.layer is Dense || (instance.layer as? Conv2D)?.kernelSize == Size(1, 1)
      guard node.inputs.count == 1, nodes.count(where: { $0.instance == node.instance }) == 1,
        isClassifier || instance.parameters.isEmpty
      else {
        throw ModelError(
          layer: instance.path,
          "a \(instance.layer.kind) stands where a Dense layer should tell the classes apart; "
            + "give the model a new head")
      }
      if isClassifier { return (node, tail) }
      tail.insert(node, at: 0)
      value = node.inputs[0]
    }
    throw ModelError("no layer tells classes apart; give the model a head")
  }

  private static func checkUnique(_ names: [String], _ whose: String) throws(ModelError) {
    var seen = Set<String>()
    if let twice = names.first(where: { !seen.insert($0).inserted }) {
      throw ModelError("two of \(whose) classes are called \"\(twice)\"")
    }
  }
}

extension Tensor {
  /// This tensor with columns of another one, whose last axis alone may differ, in the place of its own.
  ///
  /// - Parameter columns: for each of its columns that of the other tensor; nil to keep its own.
  fileprivate func withColumns(_ columns: [Int?], of other: Tensor) -> Tensor {
    var numbers = elements
    let source = other.elements
    let (width, otherWidth) = (shape[-1], other.shape[-1])
    for row in 0..<(width == 0 ? 0 : numbers.count / width) {
      for (column, from) in columns.enumerated() {
        if let from { numbers[row * width + column] = source[row * otherWidth + from] }
      }
    }
    return Tensor(shape, numbers)
  }
}
