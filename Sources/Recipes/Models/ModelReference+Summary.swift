internal import Architectures
internal import JSON
internal import KerasFormat
public import Layers
internal import Tensors

extension ModelReference {
  /// A reference by what a person types: the path of a file, or, where there is no such file, the name of an architecture.
  public static func named(_ name: String) throws(ModelLoadingError) -> ModelReference {
    if FileKind(at: name) != .nothing { return ModelReference(path: name) }
    if let architecture = try? ArchitectureRegistry.architecture(named: name) {
      return ModelReference(path: "", architecture: architecture.name)
    }
    let names = ArchitectureRegistry.all.map(\.name)
    throw ModelLoadingError(
      "\(name): no such file, and no architecture of that name. \(Suggestion.sentence(for: name, among: names))",
      category: .noInput)
  }

  /// What the model is made of. Needs no preprocessing; where no input size is given, open extents stay open.
  ///
  /// An architecture without a file is only laid out: no number of its weights is computed or written to memory.
  /// - Parameters:
  ///   - includesTop: whether an architecture without a file has its top.
  ///   - classCount: the classes of that top; the original number if nil.
  public func summary(
    includesTop: Bool = true, classCount: Int? = nil
  ) throws(ModelLoadingError) -> (summary: Summary, notes: [String]) {
    let model: Model
    let notes: [String]
    if let architecture, path.isEmpty {
      model = try built(found(architecture), includesTop: includesTop, classCount: classCount, .none)
      notes = []
    } else {
      let (saved, found) = try savedModel()
      (model, notes) = (saved.model, found)
    }
    let shapes = inputSize.map { size in
      model.inputs.map { input in
        Shape(input.shape.enumerated().map { $0.element ?? ($0.offset == 0 ? size.height : size.width) })
      }
    }
    do {
      return (try model.summary(inputShapes: shapes), notes)
    } catch {
      throw ModelLoadingError("\(path): \(error)")
    }
  }
}
