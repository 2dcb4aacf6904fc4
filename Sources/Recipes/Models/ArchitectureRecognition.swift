internal import Architectures
internal import KerasFormat
public import Layers
public import Tensors

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

extension ModelReference {
  /// The model and the shapes of its inputs for `summary`, which needs no preprocessing.
  public func modelForSummary() throws(ModelLoadingError) -> (model: Model, inputShapes: [Shape], notes: [String]) {
    let (saved, notes) = try savedModel()
    let known = saved.architecture ?? ArchitectureRecognition.recognize(saved.model)
    let standard = known.flatMap { try? ArchitectureRegistry.architecture(named: $0) }?.defaultSize
    var shapes: [Shape] = []
    for input in saved.model.inputs {
      var extents = input.shape
      if extents.count == 3, let size = inputSize ?? saved.inputSize ?? standard {
        extents[0] = extents[0] ?? size.height
        extents[1] = extents[1] ?? size.width
      }
      guard !extents.contains(nil) else {
        throw ModelLoadingError("\(path): the model leaves the size of its input open; say --input-size HEIGHT WIDTH")
      }
      shapes.append(Shape(extents.compactMap(\.self)))
    }
    return (saved.model, shapes, notes)
  }
}
