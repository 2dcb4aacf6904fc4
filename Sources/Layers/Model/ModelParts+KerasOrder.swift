extension ModelParts {
  /// The same model with its members, and those of nested models, in Keras' order.
  func inKerasOrder() -> ModelParts {
    var result = self
    var sorted: [Layer] = []
    func visit(_ index: Int) {
      let order = containers[index].kerasOrder()
      let places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
      func moved(_ reference: Container.Reference) -> Container.Reference {
        guard let place = places[reference.member] else { preconditionFailure("a call of a member that was left out") }
        return Container.Reference(member: place, call: reference.call, output: reference.output)
      }
      var container = containers[index]
      container.members = order.map { old in
        var member = containers[index].members[old]
        member.calls = member.calls.map { $0.map(moved) }
        switch member.content {
        case .input: break
        case .layer(let layer):
          sorted.append(layers[layer])
          member.content = .layer(sorted.count - 1)
        case .container(let inner): visit(inner)
        }
        return member
      }
      container.inputs = container.inputs.map(moved)
      container.outputs = container.outputs.map(moved)
      result.containers[index] = container
    }
    visit(0)
    result.layers = sorted
    return result
  }
}
