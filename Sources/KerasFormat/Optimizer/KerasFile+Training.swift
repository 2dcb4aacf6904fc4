internal import JSON
public import Layers
internal import Tensors

extension KerasFile {
  /// How the model was compiled and what its optimizer remembers, for the model that was read from this file.
  ///
  /// The variables of an optimizer stand in the order of the parameters that were trainable when the model was compiled.
  /// They are taken by that order; shapes, and names where the file has them, must agree.
  /// - Returns: nil, with a sentence that says why, where the file holds no state or none that can be understood.
  public func training(for model: Model) throws(KerasError) -> (training: SavedTraining?, note: String?) {
    guard let stored = optimizer else { return (nil, nil) }
    let description = optimizerDescription
    guard let name = description.name ?? stored.name else {
      return (nil, "the state of an optimizer was not read: the file does not say which optimizer it is")
    }
    guard let layout = SlotLayout(name, description.config) else {
      return (nil, "the state of the optimizer \(name) was not read: how it is kept is not known here")
    }
    let candidates = [model.trainableParameters(isFrozen: { $0 }), model.trainableParameters(isFrozen: { _ in false })]
    for parameters in candidates {
      for form in [layout, layout.ofKeras2, layout.separated, layout.ofKeras2.separated] {
        guard let places = OptimizerPlaces(stored, form, model, parameters) else { continue }
        return (try training(places, layout, description), nil)
      }
    }
    let count = candidates[0].count
    return (
      nil,
      "the state of the optimizer \(name) was not read: its \(stored.variables.count) variables do not fit "
        + "\(count) trainable parameters"
    )
  }

  private func training(
    _ places: OptimizerPlaces, _ layout: SlotLayout,
    _ description: (name: String?, config: JSONValue, loss: JSONValue, metrics: JSONValue)
  ) throws(KerasError) -> SavedTraining {
    var config = description.config.objectValue ?? [:]
    // Keys of tf.keras that Keras 3 refuses.
    for key in ["name", "jit_compile", "is_legacy_optimizer", "decay"] { config[key] = nil }
    // The variable counts: callbacks move it, and the settings keep the first value.
    if let rate = places.learningRate, config["learning_rate"]?.objectValue == nil {
      config["learning_rate"] = .number(Double("\(try rate.read().scalar)") ?? 0)
    }
    var training = SavedTraining(
      optimizer: layout.kind, config: .object(config), loss: description.loss, metrics: description.metrics,
      iterations: Int(try places.iteration.read().scalar))
    for (path, slots) in places.slots {
      var values: [String: Tensor] = [:]
      for (slot, tensor) in slots where layout.blocks.joined().contains(slot) { values[slot] = try tensor.read() }
      training.slots[path] = values
    }
    for name in layout.scalars {
      training.scalars[name] =
        try places.scalars[name]?.read().scalar ?? layout.scalar(name, after: training.iterations)
    }
    return training
  }

  /// Optimizer, loss and metrics as any kind of file has them.
  var optimizerDescription: (name: String?, config: JSONValue, loss: JSONValue, metrics: JSONValue) {
    let training = trainingConfig ?? .null
    let optimizer = training["optimizer_config"] ?? training["optimizer"] ?? .null
    return (
      optimizer.stringValue ?? optimizer["class_name"]?.stringValue, optimizer["config"] ?? [:],
      training["loss"] ?? .null, training["metrics"] ?? .null
    )
  }
}

/// Which variable of an optimizer is what.
struct OptimizerPlaces {
  var iteration: StoredTensor
  var learningRate: StoredTensor?
  var slots: OrderedDictionary<String, OrderedDictionary<String, StoredTensor>> = [:]
  var scalars: OrderedDictionary<String, StoredTensor> = [:]

  /// Nil if the variables are not those of these parameters.
  init?(_ stored: StoredOptimizer, _ layout: SlotLayout, _ model: Model, _ parameters: [Int]) {
    var rest = stored.variables[...]
    guard let iteration = rest.popFirst(), iteration.shape.rank == 0 else { return nil }
    self.iteration = iteration
    let expected = layout.count(parameters.map { model.parameters[$0].shape })
    if rest.count > expected, rest.first?.shape.rank == 0 { learningRate = rest.popFirst() }
    guard rest.count == expected || rest.count == expected + layout.scalars.count else { return nil }
    for block in layout.blocks {
      for parameter in parameters {
        let own = model.parameters[parameter]
        for slot in block {
          guard let shape = layout.shape(of: slot, own.shape) else { continue }
          guard let tensor = rest.popFirst(), tensor.shape == shape,
            !stored.isNamed || Self.agrees(tensor.name, model.roleName(parameter), slot)
          else { return nil }
          slots[own.path, default: [:]][slot] = tensor
        }
      }
    }
    for name in layout.scalars {
      guard let tensor = rest.popFirst() else { break }
      guard tensor.shape.rank == 0 else { return nil }
      scalars[name] = tensor
    }
  }

  /// Whether the name of a variable speaks of a slot of a parameter: `adam/conv_kernel_momentum`, `Adam/m/conv/kernel:0`.
  private static func agrees(_ name: String, _ role: String, _ slot: String) -> Bool {
    let words = name.split { $0 == "/" || $0 == ":" || $0 == "_" }.map(String.init)
    let wanted = role.split(separator: "_").map(String.init)
    guard wanted.count <= words.count, !SlotLayout.words(slot).isDisjoint(with: words) else { return false }
    return (0...(words.count - wanted.count)).contains { words[$0..<($0 + wanted.count)].elementsEqual(wanted) }
  }
}

extension Model {
  /// What Keras lists as `trainable_variables`, in its order.
  ///
  /// - Parameter isFrozen: says, given whether a layer is frozen now, whether it counts as that.
  func trainableParameters(isFrozen: (Bool) -> Bool) -> [Int] {
    weightedMembers.flatMap(\.instances).filter { !isFrozen(instances[$0].isFrozen) }.flatMap { instance in
      instances[instance].parameters.filter { parameters[$0].role == .weight }
    }
  }
}
