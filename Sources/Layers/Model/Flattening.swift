/// Turns the containers of a model into nodes in an order in which they can be computed.
struct Flattening {
  let containers: [Container]
  private(set) var nodes: [Node] = []
  /// Where each value that is not inside a nested model comes from in the first container.
  private(set) var rootReferences: [ValueID: Container.Reference] = [:]
  private var inputCount = 0

  init(containers: [Container]) { self.containers = containers }

  mutating func run() throws(ModelError) -> (inputs: [ModelInput], outputs: [ValueID]) {
    let root = containers[0]
    inputCount = root.inputs.count
    var inputs: [ModelInput] = []
    for reference in root.inputs {
      guard root.members.indices.contains(reference.member),
        case .input(let shape) = root.members[reference.member].content
      else { throw ModelError("an input of the model refers to something that is no input layer") }
      inputs.append(ModelInput(name: root.members[reference.member].name, shape: shape, value: ValueID(inputs.count)))
    }
    let outputs = try flatten(0, inputs.map(\.value))
    return (inputs, outputs)
  }

  /// Appends the nodes of one call of a container; gives its outputs.
  private mutating func flatten(_ index: Int, _ arguments: [ValueID]) throws(ModelError) -> [ValueID] {
    let container = containers[index]
    guard arguments.count == container.inputs.count else {
      throw ModelError(
        layer: container.name, "the model takes \(container.inputs.count) inputs, but is called with \(arguments.count)"
      )
    }
    var known: [Container.Reference: ValueID] = [:]
    for (reference, value) in zip(container.inputs, arguments) { known[reference] = value }

    // Members mostly stand in an order that can be computed; a shared layer is met again in a later round.
    var waiting: [(member: Int, call: Int)] = []
    for (member, content) in container.members.enumerated() {
      if case .input = content.content { continue }
      for call in content.calls.indices { waiting.append((member, call)) }
    }
    while !waiting.isEmpty {
      var blocked: [(member: Int, call: Int)] = []
      for item in waiting {
        let member = container.members[item.member]
        let sources = member.calls[item.call].map { known[$0] }
        guard !sources.contains(nil) else {
          blocked.append(item)
          continue
        }
        let values = sources.compactMap(\.self)
        switch member.content {
        case .input: break
        case .layer(let instance):
          let output = ValueID(inputCount + nodes.count)
          nodes.append(Node(instance: instance, inputs: values, output: output))
          known[Container.Reference(member: item.member, call: item.call)] = output
        case .container(let inner):
          for (position, output) in try flatten(inner, values).enumerated() {
            known[Container.Reference(member: item.member, call: item.call, output: position)] = output
          }
        }
      }
      guard blocked.count < waiting.count else {
        throw ModelError(
          layer: container.members[blocked[0].member].name,
          "its inputs cannot be computed: they form a circle or refer to a layer that is not there")
      }
      waiting = blocked
    }

    if index == 0 {
      // Two members may give one value, where a nested model hands it through: the first stands for it.
      for (reference, value) in known where reference.precedes(rootReferences[value]) {
        rootReferences[value] = reference
      }
    }
    var outputs: [ValueID] = []
    for reference in container.outputs {
      guard let value = known[reference] else {
        throw ModelError(layer: container.name, "an output refers to a layer that is not there")
      }
      outputs.append(value)
    }
    return outputs
  }
}

extension Container.Reference {
  fileprivate func precedes(_ other: Container.Reference?) -> Bool {
    guard let other else { return true }
    return (member, call, output) < (other.member, other.call, other.output)
  }
}
