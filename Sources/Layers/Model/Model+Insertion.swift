internal import Tensors

/// Where layers are put into a model.
public enum Insertion: Hashable, Sendable {
  /// Behind the model's only input.
  case first
  /// In front of a layer or nested model; who else uses what it takes goes on using that.
  case before(String)
  /// Behind a layer or nested model, for everyone who uses what it puts out.
  case after(String)
}

extension Model {
  /// This model with layers put in, one behind the other.
  ///
  /// All other layers keep their numbers where these still fit; a layer whose input has another width now is initialised.
  /// - Parameter layers: with names where the automatic ones will not do. They belong to the head.
  /// - Returns: the model, and the paths of the layers that were initialised anew.
  public func inserting(
    _ layers: [(name: String?, layer: any Layer)], at place: Insertion, initialization: Initialization
  ) throws(ModelError) -> (model: Model, initialized: [String]) {
    var (builder, inputs, values) = try ModelBuilder.continuing(self, at: outputs + [value(at: place)])
    let start = values.removeLast()
    let existing = builder.root.members.count
    var end = start
    for (name, layer) in layers { end = builder(layer, name: name, on: end) }

    // Who is called on the start is called on the end from now on.
    var only: Int?
    if case .before(let path) = place { only = try builder.member(path, of: self) }
    for index in 0..<existing where only == nil || only == index {
      for call in builder.root.members[index].calls.indices {
        builder.root.members[index].calls[call] = builder.root.members[index].calls[call].map {
          $0 == start.reference ? end.reference : $0
        }
      }
    }
    if only == nil { values = values.map { $0 == start ? end : $0 } }
    builder.root.inputs = inputs.map(\.reference)
    builder.root.outputs = values.map(\.reference)
    builder.move(from: existing, behind: start.reference.member)
    return try builder.modelKeepingWhatFits(initialization)
  }

  private func value(at place: Insertion) throws(ModelError) -> ValueID {
    do throws(SelectionError) {
      switch place {
      case .first:
        guard inputs.count == 1 else { throw SelectionError("the model has \(inputs.count) inputs, not one") }
        return inputs[0].value
      case .before(let path): return try input(of: path)
      case .after(let path): return try output(of: path)
      }
    } catch {
      throw ModelError(error.message)
    }
  }
}

extension ModelBuilder {
  /// The member of a path in the model that was begun with, which may have been dissolved.
  fileprivate func member(_ path: String, of model: Model) throws(ModelError) -> Int {
    var names = [path]
    if let index = (try? model.part(path))?.first { names += [model.instances[index].path, model.flatNames()[index]] }
    guard let member = root.members.firstIndex(where: { names.contains($0.name) }) else {
      throw ModelError(layer: path, "it stands inside a model that had to be dissolved; name one of its layers")
    }
    return member
  }

  /// Moves the last members to behind another, so that a chain stays in order.
  fileprivate mutating func move(from first: Int, behind place: Int) {
    let count = root.members.count
    let order = Array(0...place) + Array(first..<count) + Array(place + 1..<first)
    let places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    func moved(_ reference: Container.Reference) -> Container.Reference {
      Container.Reference(
        member: places[reference.member] ?? reference.member, call: reference.call, output: reference.output)
    }
    root.members = order.map { index in
      var member = root.members[index]
      member.calls = member.calls.map { $0.map(moved) }
      return member
    }
    root.inputs = root.inputs.map(moved)
    root.outputs = root.outputs.map(moved)
    // Layers stand in the order of the members.
    var containers = [root] + nested
    let old = layers
    var sorted: [ModelParts.Layer] = []
    func visit(_ index: Int) {
      for member in containers[index].members.indices {
        switch containers[index].members[member].content {
        case .input: break
        case .layer(let layer):
          sorted.append(old[layer])
          containers[index].members[member].content = .layer(sorted.count - 1)
        case .container(let inner): visit(inner)
        }
      }
    }
    visit(0)
    root = containers[0]
    nested = Array(containers.dropFirst())
    layers = sorted
  }

  /// The model of this builder's inputs and outputs; layers whose numbers no longer fit are initialised.
  fileprivate func modelKeepingWhatFits(
    _ initialization: Initialization
  ) throws(ModelError) -> (model: Model, initialized: [String]) {
    var parts = try parts(inputs: root.inputs, outputs: root.outputs, inKerasOrder: false)
    var bare = parts
    for index in bare.layers.indices { bare.layers[index].values = nil }
    // Only the shapes are looked at.
    let shapes = try Model(bare, initialization: .none)
    var initialized: [String] = []
    for (index, instance) in shapes.instances.enumerated() {
      guard let values = parts.layers[index].values,
        values.map(\.shape) != shapes.parameters[instance.parameters].map(\.shape)
      else { continue }
      parts.layers[index].values = nil
      initialized.append(instance.path)
    }
    return (try Model(parts, initialization: initialization), initialized)
  }
}
