public import JSON

extension Inspection {
  /// All of it, for a program.
  public var json: JSONValue {
    func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    return [
      "file": .string(file), "format": .string(format), "keras_version": text(kerasVersion), "backend": text(backend),
      "date_saved": text(date),
      "model": model.map { ["name": .string($0.name), "class": .string($0.kind)] } ?? .null,
      "layers": .array(
        layers.map { layer in
          [
            "name": .string(layer.name), "class": text(layer.kind),
            "trainable": layer.isTrainable.map { .bool($0) } ?? .null,
          ]
        }),
      "tensors": .array(
        tensors.map { tensor in
          [
            "layer": text(tensor.layer), "path": .string(tensor.path),
            "shape": .array(tensor.shape.map { .integer($0) }), "dtype": .string(tensor.kind),
            "storage": text(tensor.layout),
          ]
        }),
      "optimizer": optimizer.map { optimizer in
        [
          "name": text(optimizer.name), "config": optimizer.settings, "loss": optimizer.loss,
          "metrics": optimizer.metrics, "iterations": optimizer.iterations.map { .integer($0) } ?? .null,
          "variables": .integer(optimizer.variableCount),
        ]
      } ?? .null,
      "metadata": metadata ?? .null, "notes": .array(notes.map { .string($0) }),
    ]
  }
}
