internal import KerasFormat
public import Layers
internal import Tensors

extension ModelReference {
  /// What the model is made of. Needs no preprocessing; where no input size is given, open extents stay open.
  public func summary() throws(ModelLoadingError) -> (summary: Summary, notes: [String]) {
    let (saved, notes) = try savedModel()
    let shapes = inputSize.map { size in
      saved.model.inputs.map { input in
        Shape(input.shape.enumerated().map { $0.element ?? ($0.offset == 0 ? size.height : size.width) })
      }
    }
    do {
      return (try saved.model.summary(inputShapes: shapes), notes)
    } catch {
      throw ModelLoadingError("\(path): \(error)")
    }
  }
}
