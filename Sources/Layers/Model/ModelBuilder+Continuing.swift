internal import Tensors

extension ModelBuilder {
  /// Begins with a model as it is up to and including one layer or nested model; what does not lead there is left out.
  ///
  /// - Returns: the builder, the model's inputs and the output of that layer. New layers belong to the head.
  public static func continuing(
    _ model: Model, after path: String
  ) throws(ModelError) -> (builder: ModelBuilder, inputs: [Value], output: Value) {
    let value: ValueID
    do throws(SelectionError) { value = try model.output(of: path) } catch { throw ModelError(error.message) }
    return try continuing(model, at: value)
  }

  /// Begins with a model as it is up to one of its values.
  public static func continuing(
    _ model: Model, at value: ValueID
  ) throws(ModelError) -> (builder: ModelBuilder, inputs: [Value], output: Value) {
    let (builder, inputs, outputs) = try continuing(model, at: [value])
    return (builder, inputs, outputs[0])
  }

  /// Begins with a model as it is up to some of its values.
  ///
  /// Models inside it stay what they are. Only where a value lies inside one, nesting is dissolved: layers keep their own
  /// names, with the nested model's name in front where two would be alike.
  public static func continuing(
    _ model: Model, at values: [ValueID]
  ) throws(ModelError) -> (builder: ModelBuilder, inputs: [Value], outputs: [Value]) {
    let references = model.rootReferences
    let wanted = values.compactMap { references[$0] }
    var (builder, inputs, outputs) =
      wanted.count == values.count ? keepingNesting(model, wanted) : try dissolving(model, values)
    builder.section = .head
    builder.group = nil
    return (builder, inputs, outputs)
  }

  private static func keepingNesting(
    _ model: Model, _ wanted: [Container.Reference]
  ) -> (builder: ModelBuilder, inputs: [Value], outputs: [Value]) {
    let root = model.containers[0]
    // The calls that are needed, by member.
    var needed: [Int: Set<Int>] = [:]
    for input in root.inputs { needed[input.member] = [0] }
    var waiting = wanted
    while let reference = waiting.popLast() {
      guard needed[reference.member, default: []].insert(reference.call).inserted else { continue }
      waiting += root.members[reference.member].calls[reference.call]
    }
    var builder = ModelBuilder(name: model.name, kind: root.kind)
    var places: [Container.Reference: Container.Reference] = [:]
    let parts = model.parts
    for index in root.members.indices {
      guard let calls = needed[index]?.sorted() else { continue }
      for (place, call) in calls.enumerated() {
        places[Container.Reference(member: index, call: call)] = Container.Reference(
          member: builder.root.members.count, call: place)
      }
      var member = root.members[index]
      member.calls = calls.map { member.calls[$0] }
      member.content = builder.adopt(member.content, of: parts)
      builder.root.members.append(member)
    }
    func moved(_ reference: Container.Reference) -> Container.Reference {
      guard var place = places[Container.Reference(member: reference.member, call: reference.call)] else {
        preconditionFailure("a call that was left out is used")
      }
      place.output = reference.output
      return place
    }
    for index in builder.root.members.indices {
      builder.root.members[index].calls = builder.root.members[index].calls.map { $0.map(moved) }
    }
    return (
      builder, root.inputs.map { Value(reference: moved($0)) }, wanted.map { Value(reference: moved($0)) }
    )
  }

  /// Takes over a layer or a nested model with all that stands in it.
  private mutating func adopt(_ content: Container.Member.Content, of parts: ModelParts) -> Container.Member.Content {
    switch content {
    case .input: return content
    case .layer(let index):
      layers.append(parts.layers[index])
      return .layer(layers.count - 1)
    case .container(let index):
      let place = nested.count
      nested.append(parts.containers[index])
      for member in parts.containers[index].members.indices {
        let adopted = adopt(parts.containers[index].members[member].content, of: parts)
        nested[place].members[member].content = adopted
      }
      return .container(place + 1)
    }
  }

  private static func dissolving(
    _ model: Model, _ wanted: [ValueID]
  ) throws(ModelError) -> (builder: ModelBuilder, inputs: [Value], outputs: [Value]) {
    let needed = model.ancestors(of: wanted)
    let names = model.flatNames()
    var builder = ModelBuilder(
      name: model.name, kind: model.containers.count == 1 ? model.containers[0].kind : .functional)
    var values: [ValueID: Value] = [:]
    for input in model.inputs { values[input.value] = builder.input(input.shape, name: input.name) }
    var members: [Int: Int] = [:]
    for node in model.nodes where needed.contains(node.output) {
      let inputs = node.inputs.compactMap { values[$0] }
      if let member = members[node.instance] {
        builder.root.members[member].calls.append(inputs.map(\.reference))
        values[node.output] = builder.outputs(ofMember: member, call: builder.root.members[member].calls.count - 1)[0]
        continue
      }
      let instance = model.instances[node.instance]
      builder.section = instance.section
      builder.group = instance.group
      values[node.output] = builder(instance.layer, name: names[node.instance], on: inputs)
      builder.layers[builder.layers.count - 1].values = model.parameters[instance.parameters].map(\.value)
      builder.layers[builder.layers.count - 1].isFrozen = instance.isFrozen
      members[node.instance] = builder.root.members.count - 1
    }
    let outputs = wanted.compactMap { values[$0] }
    guard outputs.count == wanted.count else { throw ModelError("the value is not part of the model") }
    return (builder, model.inputs.compactMap { values[$0.value] }, outputs)
  }
}

extension Model {
  /// Where each value that is not inside a nested model comes from in the model itself.
  var rootReferences: [ValueID: Container.Reference] {
    var flattening = Flattening(containers: containers)
    do { _ = try flattening.run() } catch { preconditionFailure("a model that cannot be flattened: \(error)") }
    return flattening.rootReferences
  }

  /// Names for all instances as if no model were nested: the last part of the path where that is unique.
  func flatNames() -> [String] {
    var counts: [String: Int] = [:]
    for instance in instances { counts[instance.name, default: 0] += 1 }
    return instances.map { instance in
      counts[instance.name] == 1 ? instance.name : instance.path.split(separator: "/").joined(separator: "_")
    }
  }
}
