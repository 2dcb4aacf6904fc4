public import Tensors

/// What a model is made of, layer by layer.
public struct Summary: Hashable, Sendable {
  /// One layer, at its first call.
  public struct Row: Hashable, Sendable {
    public var path: String
    /// Keras' class name.
    public var kind: String
    /// Of one sample, nil where the model leaves an extent open.
    public var outputShape: [Int?]
    public var parameterCount: Int
    /// The parameters that an optimiser may move.
    public var trainableCount: Int
    public var isFrozen: Bool
    /// The freeze group, if the architecture has some.
    public var group: String?
    /// For one sample, over all calls; nil where it depends on an open extent.
    public var multiplyAdds: Int?
    /// What one of its numbers sees of the image.
    public var receptiveField: ReceptiveField
    /// How its height follows from that of its input: `⌊(224 + 0 + 1 − 3) / 2⌋ + 1 = 112`. Nil without a window or a size.
    public var heightArithmetic: String?
    /// The layers and inputs it is called on.
    public var connectedTo: [String]
  }

  public var name: String
  public var inputs: [ModelInput]
  public var rows: [Row]

  public var parameterCount: Int { rows.reduce(0) { $0 + $1.parameterCount } }
  public var trainableCount: Int { rows.reduce(0) { $0 + $1.trainableCount } }
  /// Nil where it depends on an open extent.
  public var multiplyAdds: Int? {
    rows.reduce(0) { sum, row in sum.flatMap { sum in row.multiplyAdds.map { sum + $0 } } }
  }
}

extension Summary {
  /// The layers of one freeze group.
  public struct Group: Hashable, Sendable {
    public var name: String
    public var layerCount = 0
    public var parameterCount = 0
    /// The parameters that an optimiser may move.
    public var trainableCount = 0
    /// Nil where it depends on an open extent.
    public var multiplyAdds: Int? = 0
    /// Whether all its layers are frozen.
    public var isFrozen = true
  }

  /// The freeze groups in the order of their first layers; none where no layer has one.
  public var groups: [Group] {
    var found: [Group] = []
    for row in rows {
      guard let name = row.group else { continue }
      let place = found.firstIndex { $0.name == name } ?? found.count
      if place == found.count { found.append(Group(name: name)) }
      found[place].layerCount += 1
      found[place].parameterCount += row.parameterCount
      found[place].trainableCount += row.trainableCount
      found[place].multiplyAdds = found[place].multiplyAdds.flatMap { sum in row.multiplyAdds.map { sum + $0 } }
      found[place].isFrozen = found[place].isFrozen && row.isFrozen
    }
    return found
  }
}

extension Model {
  /// What the model is made of.
  ///
  /// - Parameter inputShapes: of one sample of each input; the model's own if nil, with its open extents.
  public func summary(inputShapes: [Shape]? = nil) throws(ModelError) -> Summary {
    let isOpen = inputShapes == nil && inputs.contains { $0.shape.contains(nil) }
    // With open extents, what two sizes have in common is known.
    let sizes = isOpen ? [416, 640] : [0]
    var found: [[Shape]] = []
    for size in sizes {
      found.append(try shapes(for: inputShapes ?? inputs.map { Shape($0.shape.map { $0 ?? size }) }))
    }
    let shapes = found[0]
    func isKnown(_ values: [ValueID]) -> Bool {
      found.allSatisfy { other in values.allSatisfy { other[$0.index] == shapes[$0.index] } }
    }
    let fields = receptiveFields(shapes)
    let trainable = Set(trainableParameters)
    let names = valueNames

    var rows: [Summary.Row] = []
    let callsOfInstances = Dictionary(grouping: nodes, by: \.instance)
    for (index, instance) in instances.enumerated() {
      let calls = callsOfInstances[index] ?? []
      guard let first = calls.first else { continue }
      let inputs = first.inputs.map { shapes[$0.index] }
      let output = shapes[first.output.index]
      let counts = instance.parameters.map { (index: $0, count: parameters[$0].shape.elementCount) }
      rows.append(
        Summary.Row(
          path: instance.path, kind: instance.layer.kind,
          outputShape: output.dimensions.indices.map { axis in
            found.allSatisfy { $0[first.output.index].dimensions[axis] == output.dimensions[axis] }
              ? output.dimensions[axis] : nil
          },
          parameterCount: counts.reduce(0) { $0 + $1.count },
          trainableCount: counts.reduce(0) { $0 + (trainable.contains($1.index) ? $1.count : 0) },
          isFrozen: instance.isFrozen, group: instance.group,
          multiplyAdds: isKnown(calls.flatMap(\.inputs))
            ? calls.reduce(0) { sum, call in
              sum + instance.layer.multiplyAdds(for: call.inputs.map { shapes[$0.index] })
            } : nil,
          receptiveField: fields[first.output.index],
          heightArithmetic: isKnown(first.inputs) ? instance.layer.window(over: inputs[0])?.heightArithmetic : nil,
          connectedTo: calls.flatMap(\.inputs).map { names[$0.index] }))
    }
    return Summary(name: name, inputs: inputs, rows: rows)
  }

  /// The name of every value's source, by `ValueID.index`.
  private var valueNames: [String] { inputs.map(\.name) + nodes.map { instances[$0.instance].path } }
}
