internal import Images
public import JSON
internal import Kernels
internal import Layers
internal import Tensors
internal import Training

extension Plan {
  /// The plan for scripts.
  public func json(_ estimate: PlanEstimate) -> JSONValue {
    var model: OrderedDictionary<String, JSONValue> = [
      "name": .string(self.model.name),
      "input_shape": .array(inputShape.dimensions.map { .integer($0) }),
      "preprocessing": .string(preprocessing.name),
      "layers": .integer(self.model.instances.count),
      "parameters": .integer(self.model.parameters.reduce(0) { $0 + $1.shape.elementCount }),
    ]
    if let architecture { model["architecture"] = .string(architecture) }
    let phases = zip(self.phases, estimate.phases).map { phase, estimate -> JSONValue in
      [
        "name": .string(phase.recipe.name),
        "epochs": .integer(phase.epochs.count),
        "first_epoch": .integer(phase.epochs.lowerBound + 1),
        "thawed": .array(phase.thawed.map { .string($0) }),
        "trainable_parameters": .integer(phase.trainableParameterCount),
        "frozen_parameters": .integer(phase.frozenParameterCount),
        "trained_layers": .array(phase.trained.sorted().map { .string(self.model.instances[$0].path) }),
        "estimated_seconds": .number(estimate.seconds),
        "feature_bytes": .integer(estimate.featureBytes),
        "features": estimate.features.json,
      ]
    }
    func list(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }
    let change: JSONValue? = classChange.map {
      ["kept": list($0.kept), "new": list($0.new), "dropped": list($0.dropped)]
    }
    var images: OrderedDictionary<String, JSONValue> = [
      "train": .integer(training.count), "validation": .integer(validation?.count ?? 0),
    ]
    if let test { images["test"] = .integer(test.count) }
    return [
      "model": .object(model), "folds": recipe.data.folds?.json ?? nil,
      "images": .object(images),
      "classes": .array(labels.map { .string($0) }), "class_change": change ?? nil,
      "phases": .array(phases), "training_precision": .string(estimate.trainingPrecision.rawValue),
      "estimated_seconds": .number(estimate.seconds),
      "estimated_memory_bytes": .integer(estimate.memoryBytes),
      "notes": .array(notes.map { .string($0) }),
      "warnings": .array(warnings.map { ["path": .string($0.path), "message": .string($0.message)] }),
    ]
  }
}
