internal import JSON
public import KerasFormat
internal import Layers
internal import Tensors

extension OptimizerState {
  /// The state that a file of Keras, or of this package, has brought.
  ///
  /// Keras counts the steps once for all parameters; here each parameter has counted as many.
  /// - Returns: nil if the state is another optimizer's, or lacks what this one keeps.
  public init?(_ saved: SavedTraining, for optimizer: any Optimizer) {
    guard saved.optimizer.lowercased() == optimizer.name.lowercased() else { return nil }
    let names = optimizer.slots.map(\.name)
    var tensors: [String: Tensor] = [:]
    for (path, slots) in saved.slots {
      for name in names { tensors["\(name)/\(path)"] = slots[name] }
    }
    self.init(
      Layout(optimizer: optimizer.name, slots: names, updates: saved.slots.mapValues { _ in saved.iterations }), tensors
    )
  }

  /// This state as files of Keras keep it.
  ///
  /// - Parameters:
  ///   - optimizer: the optimizer that it belongs to.
  ///   - loss, metrics: what the model was trained for.
  public func saved(_ optimizer: any Optimizer, loss: any Loss, metrics: [any Metric]) -> SavedTraining {
    var settings = optimizer.config.objectValue ?? [:]
    settings["name"] = nil
    if let rate = settings["learning_rate"], rate.objectValue != nil { settings["learning_rate"] = Self.schedule(rate) }
    let names = optimizer.slots.map(\.name)
    var saved = SavedTraining(
      optimizer: optimizer.name, config: .object(settings), loss: loss.config.asKerasClass,
      metrics: .array(metrics.map { .string($0.name) }), iterations: entries.values.map(\.updates).max() ?? 0)
    for (path, entry) in entries {
      saved.slots[path] = Dictionary(zip(names, entry.slots), uniquingKeysWith: { first, _ in first })
    }
    return saved
  }

  /// A schedule as Keras writes it. One that falls until its phase ends has no number of steps that a file could keep: what is
  /// left of it is its first rate.
  private static func schedule(_ rate: JSONValue) -> JSONValue {
    guard let settings = rate.objectValue,
      !settings.values.contains(where: \.isNull) || settings["warmup_target"] != nil
    else { return rate["initial_learning_rate"] ?? 0.001 }
    guard settings["decay_steps"]?.isNull != true else { return rate["initial_learning_rate"] ?? 0.001 }
    guard var schedule = rate.asKerasClass.objectValue else { return rate }
    schedule["module"] = "keras.optimizers.schedules"
    schedule["registered_name"] = nil
    return .object(schedule)
  }
}

extension JSONValue {
  /// `{"name": "categorical_crossentropy", "label_smoothing": 0.1}` as Keras describes an object: its class and its settings.
  fileprivate var asKerasClass: JSONValue {
    guard var settings = objectValue, let name = settings["name"]?.stringValue else { return self }
    settings["name"] = nil
    let words = name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }
    return ["class_name": .string(words.joined()), "config": .object(settings)]
  }
}
