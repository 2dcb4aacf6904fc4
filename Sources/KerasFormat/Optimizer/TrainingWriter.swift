internal import HDF5
internal import JSON
internal import Layers
internal import Tensors

/// Writes how a model was compiled and what its optimizer remembers, so that Keras goes on where it stopped.
struct TrainingWriter {
  private let training: SavedTraining
  private let layout: SlotLayout
  private let model: Model
  private let names: FileNames

  init(_ training: SavedTraining, _ model: Model, _ names: FileNames, file: String) throws(KerasError) {
    guard let layout = SlotLayout(training.optimizer, training.config) else {
      throw KerasError(
        .unsupported, file: file, "the state of the optimizer \(training.optimizer) cannot be written",
        remedy: "Leave the optimizer's state out.")
    }
    self.training = training
    self.layout = layout
    self.model = model
    self.names = names
  }

  /// What Keras calls the optimizer: `adam`.
  private var name: String { layout.kind.lowercased() }

  private var learningRate: Double? {
    guard training.config["learning_rate"]?.objectValue == nil else { return nil }
    return training.config["learning_rate"]?.doubleValue ?? 0.001
  }

  private var settings: JSONValue {
    // What is null is as it is anyway, and tf.keras does not know all keys of Keras 3.
    var settings = (training.config.objectValue ?? [:]).filter { !$0.value.isNull }
    settings["name"] = .string(name)
    return .object(settings)
  }

  /// `training_config` of legacy files. tf.keras takes a class without `Custom>` for the older one of that name, which knows fewer
  /// settings and keeps its state in another order; Keras 3 takes both for the same.
  var legacyConfig: JSONValue {
    [
      "loss": Self.spelledOut(training.loss), "metrics": Self.spelledOut(training.metrics), "weighted_metrics": nil,
      "loss_weights": nil,
      "optimizer_config": ["class_name": .string("Custom>" + layout.kind), "config": settings],
    ]
  }

  /// Where Keras finds a class that is described without its module, as legacy files do.
  private static func inModule(_ value: JSONValue, _ module: String) -> JSONValue {
    switch value {
    case .array(let values): return .array(values.map { inModule($0, module) })
    case .object(var members):
      guard members["class_name"] != nil, members["module"] == nil else { return value }
      members["module"] = .string(module)
      members["registered_name"] = .null
      return .object(members)
    default: return value
    }
  }

  /// Short names in full: Keras 3 writes `mse` into legacy files and cannot read it there.
  private static func spelledOut(_ value: JSONValue) -> JSONValue {
    let names = [
      "mse": "mean_squared_error", "mae": "mean_absolute_error", "mape": "mean_absolute_percentage_error",
      "msle": "mean_squared_logarithmic_error", "bce": "binary_crossentropy", "kld": "kl_divergence",
    ]
    switch value {
    case .string(let name): return .string(names[name.lowercased()] ?? name)
    case .array(let values): return .array(values.map(spelledOut))
    default: return value
    }
  }

  /// `compile_config` of Keras' archives.
  var compileConfig: JSONValue {
    [
      "optimizer": [
        "module": "keras.optimizers", "class_name": .string(layout.kind), "config": settings, "registered_name": nil,
      ],
      "loss": Self.inModule(training.loss, "keras.losses"), "loss_weights": nil,
      "metrics": Self.inModule(training.metrics, "keras.metrics"), "weighted_metrics": nil, "run_eagerly": false,
      "steps_per_execution": 1, "jit_compile": false,
    ]
  }

  /// Writes the variables under numbers, as Keras 3 keeps them.
  func writeNumbered(to root: HDF5Group) throws(HDF5Error) {
    let group = try KeyedWriter.group(of: "optimizer", name: name, in: root)
    try group.writeDataset("0", integers: [Int64(training.iterations)], shape: [])
    var variables = slots(layout).map(\.value)
    if let learningRate { variables.insert(Tensor([], [Float(learningRate)]), at: 0) }
    for scalar in layout.scalars {
      variables.append(Tensor([], [training.scalars[scalar] ?? layout.scalar(scalar, after: training.iterations)]))
    }
    for (index, value) in variables.enumerated() { try KeyedWriter.write(value, as: "\(index + 1)", to: group) }
  }

  /// Writes the variables under names, as tf.keras keeps them. Keras 3 reads no state of an optimizer from legacy files, not
  /// even its own: it prepares the optimizer for no parameters at all and then finds too many.
  func writeNamed(to root: HDF5Group) throws(HDF5Error) {
    let group = try root.createGroup(at: "optimizer_weights")
    let slots = slots(layout.ofKeras2)
    try ChunkedNames.write("weight_names", ["iteration:0"] + slots.map(\.name), to: group)
    try group.writeDataset("iteration:0", integers: [Int64(training.iterations)], shape: [])
    for slot in slots { try KeyedWriter.write(slot.value, as: slot.name, to: group) }
  }

  /// What is kept for the parameters that are trainable, in Keras' order. What was not trained yet has the value of the first
  /// step.
  private func slots(_ layout: SlotLayout) -> [(name: String, value: Tensor)] {
    let parameters = model.trainableParameters { $0 }
    let paths = WrittenPaths(model, names)
    return layout.blocks.flatMap { block in
      parameters.flatMap { parameter in
        block.compactMap { slot in
          let own = model.parameters[parameter]
          guard let shape = layout.shape(of: slot, own.shape) else { return nil }
          let value = training.slots[own.path]?[slot] ?? Tensor(repeating: layout.initial(slot), shape)
          return ("\(layout.kind)/\(SlotLayout.shortName(slot, of: layout.kind))/\(paths[parameter])", value)
        }
      }
    }
  }
}
