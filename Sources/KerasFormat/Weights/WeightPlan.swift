internal import Layers

/// A matching of a file's tensors and a model's parameters in which nothing is missing and all shapes agree.
struct WeightPlan {
  private(set) var match: WeightMatcher.Match
  private(set) var assignment = WeightAssignment()

  /// - Parameters:
  ///   - optional: layers that the file need not have.
  ///   - ignoring: layers of the file that the model need not have.
  ///   - layout: the model that the file was written for, where that is another one: its classes and their order count.
  ///   - method: what shall tell which tensor belongs where; nil for what the names are worth.
  init(
    _ model: Model, _ file: KerasFile, optional: Set<Int>, ignoring: [Glob], layout: Model? = nil,
    method: WeightAssignment.Method? = nil
  ) throws(KerasError) {
    let (layers, isByKey) = file.layers(for: layout ?? model)
    let matcher = WeightMatcher(model, layers)
    func isIgnored(_ layer: StoredLayer) -> Bool { ignoring.contains { $0.matches(layer.name) } }
    func missing(_ match: WeightMatcher.Match) -> [Int] {
      let known = Set(match.pairs.map(\.parameter))
      return model.parameters.indices.filter { !known.contains($0) }
    }
    let optionalParameters = Set(optional.flatMap { model.instances[$0].parameters })

    match = matcher.byName()
    if isByKey {
      guard method != .byName else {
        throw KerasError(
          .mismatch, file: file.path, "has no names of layers that the model \"\(model.name)\" knows",
          remedy: "Let classes and their order decide, or take the file in order.")
      }
      match.method = .byKey
      match.notes.append(
        "names of layers in the file say nothing of this model; matched by class and order, as Keras does")
    }
    let unknown = match.unknown.filter { !isIgnored($0) }
    let lacking = missing(match).filter { !optionalParameters.contains($0) }
    let isComplete = unknown.isEmpty && lacking.isEmpty
    if !isComplete || !match.problems.isEmpty || method == .byOrder {
      let required = matcher.members.filter { !$0.instances.allSatisfy(optional.contains) }
      let wanted = matcher.stored.filter { !isIgnored($0) }
      let inOrder =
        matcher.byOrder(matcher.stored, matcher.members) ?? matcher.byOrder(wanted, required)
        ?? matcher.byOrder(matcher.stored, required) ?? matcher.byOrder(wanted, matcher.members)
      // Names that somebody chose and that are found are to be believed; then what is wrong is not the naming.
      guard method != .byName, let inOrder,
        method == .byOrder
          || !isComplete
            && (match.telling.isEmpty || matcher.agrees(inOrder, with: match, lacking: lacking, unknown: unknown))
      else {
        throw WeightMismatch(model: model, file: file, match: match, unknown: unknown, lacking: lacking).error
      }
      let note =
        method == .byOrder
        ? "matched in order, as was asked for"
        : match.telling.isEmpty
          ? "the names of layers in the file say nothing of this model; matched in order, as Keras does"
          : "automatic names are numbered otherwise in the file; matched in order, which agrees with all other names"
      match = inOrder
      match.notes.append(note)
    }
    var seen = Set<Int>()
    for pair in match.pairs where !seen.insert(pair.parameter).inserted {
      throw KerasError(
        .mismatch, file: file.path, place: pair.tensor.path,
        "belongs to \(model.parameters[pair.parameter].path), and so does another tensor of the file")
    }
    match.pairs.sort { $0.parameter < $1.parameter }
    describe(model, missing: missing(match), used: Set(match.pairs.map(\.tensor.path)), layers)
  }

  private mutating func describe(_ model: Model, missing: [Int], used: Set<String>, _ layers: [StoredLayer]) {
    assignment.method = match.method
    assignment.notes = match.notes
    assignment.entries = match.pairs.map { pair in
      WeightAssignment.Entry(
        source: pair.tensor.path, parameter: model.parameters[pair.parameter].path, shape: pair.tensor.shape,
        convertedFrom: pair.tensor.storedAs, transform: pair.tensor.transform?.summary)
    }
    assignment.missing = missing.map { model.parameters[$0].path }
    assignment.unused = layers.flatMap(\.tensors).map(\.path).filter { !used.contains($0) }
  }
}
