public import Layers
internal import Tensors

extension Model {
  /// Takes its parameters from a Keras file.
  ///
  /// Layers are matched by name, those inside nested models by the end of their path. Only if the names say nothing (another
  /// program's, or automatic ones throughout) the order of layers decides, as in Keras. Everything is read and checked before
  /// anything is assigned: after an error the model is what it was.
  ///
  /// - Parameters:
  ///   - allowMissing: layers that the file need not have, such as a new head. They keep their values.
  ///   - allowUnused: patterns for layers of the file that the model need not have: `predictions`, `*`.
  ///   - method: `.byName` takes nothing by order, `.byOrder` nothing by name; nil goes by name where names say anything.
  ///   - layout: the model that the file was written for, where that has other layers, such as the top that is left out
  ///     here. Only what Keras 3's files without names of layers need: there, the others of a class count.
  @discardableResult
  public mutating func loadWeights(
    from file: KerasFile, allowMissing: [LayerSelector] = [], allowUnused: [String] = [],
    method: WeightAssignment.Method? = nil, layout: Model? = nil
  ) throws(KerasError) -> WeightAssignment {
    var optional = Set<Int>()
    for selector in allowMissing {
      do throws(SelectionError) { optional.formUnion(try layers(selector)) } catch {
        throw KerasError(.mismatch, file: file.path, "the layers that may be missing: \(error)")
      }
    }
    let plan = try WeightPlan(
      self, file, optional: optional, ignoring: allowUnused.map { Glob($0) }, layout: layout, method: method)
    var values: [(parameter: Int, value: Tensor)] = []
    for pair in plan.match.pairs { values.append((pair.parameter, try pair.tensor.read())) }
    for (parameter, value) in values { parameters[parameter].value = value }
    return plan.assignment
  }
}
