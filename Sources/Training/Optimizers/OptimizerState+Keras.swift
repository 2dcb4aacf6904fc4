internal import JSON
public import KerasFormat
internal import Layers
internal import Tensors

extension OptimizerState {
  // Keras' names of what is kept beside the slots.
  private static let average = "average"
  private static let gathered = "gradient_accumulator"

  /// The state that a file of Keras, or of this package, has brought.
  ///
  /// Keras counts its steps once for all parameters; here each parameter has been moved as often.
  /// - Returns: nil if the state is another optimizer's, or lacks what this one keeps.
  public init?(_ saved: SavedTraining, for optimizer: any Optimizer) {
    guard saved.optimizer.lowercased() == optimizer.name.lowercased() else { return nil }
    let names = optimizer.slots.map(\.name)
    let updates = saved.iterations / max(1, optimizer.settings.gradientAccumulationSteps)
    var entries: [String: Entry] = [:]
    for (path, tensors) in saved.slots {
      // tf.keras leaves out what is not used of vectors, which Keras 3 keeps.
      let whole = tensors.values.map(\.shape).max { $0.rank < $1.rank } ?? []
      let slots = names.compactMap { name in
        tensors[name] ?? (optimizer.slotShape(name, of: whole) == [] ? Tensor([], [0]) : nil)
      }
      guard slots.count == names.count else { return nil }
      entries[path] = Entry(
        updates: updates, slots: slots, gathered: tensors[Self.gathered], average: tensors[Self.average])
    }
    self.init(optimizer: optimizer.name, slotNames: names, batches: saved.iterations, entries: entries)
  }

  /// This state as files of Keras keep it.
  ///
  /// - Parameters:
  ///   - optimizer: the optimizer that it belongs to.
  ///   - loss, metrics: what the model was trained for.
  public func saved(_ optimizer: any Optimizer, loss: any Loss, metrics: [any Metric]) -> SavedTraining {
    var settings = optimizer.config.objectValue ?? [:]
    settings["name"] = nil
    settings["learning_rate"] = Self.kerasRate(optimizer.settings.learningRate)
    var saved = SavedTraining(
      optimizer: optimizer.name, config: .object(settings), loss: loss.config.asKerasClass,
      metrics: .array(metrics.map { .string($0.name) }), iterations: batches)
    for (path, entry) in entries {
      var tensors = Dictionary(zip(slotNames, entry.slots), uniquingKeysWith: { first, _ in first })
      tensors[Self.average] = entry.average
      tensors[Self.gathered] = entry.gathered
      saved.slots[path] = tensors
    }
    return saved
  }

  /// A schedule as Keras writes it. What Keras has not, or what depends on the length of a phase, leaves its first rate.
  private static func kerasRate(_ rate: LearningRateSchedule) -> JSONValue {
    let config = rate.config
    guard let settings = config.objectValue else { return config }
    let isKeras = [
      "cosine_decay", "cosine_decay_restarts", "exponential_decay", "inverse_time_decay", "piecewise_constant_decay",
      "polynomial_decay",
    ].contains(settings["name"]?.stringValue)
    let isFixed = settings.allSatisfy { key, value in
      (!value.isNull || key == "warmup_target") && value["epochs"] == nil
        && !(value.arrayValue ?? []).contains { $0["epochs"] != nil }
    }
    guard isKeras, isFixed, var schedule = config.asKerasClass.objectValue else {
      return .number(rate.rate(step: 0, of: 1))
    }
    schedule["module"] = "keras.optimizers.schedules"
    schedule["registered_name"] = .null
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
