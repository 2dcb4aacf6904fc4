internal import Architectures
internal import Layers
internal import Tensors

/// Finds out which architecture a model's backbone is: by the names of its layers and the shapes of their parameters, never by
/// the name of the file.
enum ArchitectureRecognition {
  /// The architecture whose layers without top all stand in the model; nil if there is none.
  static func recognize(_ model: Model) -> String? {
    var shapes: [String: [[Int]]] = [:]
    for instance in model.instances where !instance.parameters.isEmpty {
      shapes[instance.name] = model.parameters[instance.parameters].map(\.shape.dimensions)
    }
    for architecture in ArchitectureRegistry.all {
      for alpha in architecture.alphas.isEmpty ? [1] : architecture.alphas {
        let options = ArchitectureOptions(
          alpha: alpha, inputShape: [nil, nil, model.inputs.first?.shape.last.flatMap(\.self) ?? 3], includesTop: false,
          initialization: .none)
        guard let candidate = try? architecture.model(options) else { continue }
        let isThere = candidate.instances.allSatisfy { instance in
          instance.parameters.isEmpty
            || shapes[instance.name] == candidate.parameters[instance.parameters].map(\.shape.dimensions)
        }
        if isThere { return architecture.name }
      }
    }
    return nil
  }
}
