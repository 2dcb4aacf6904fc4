internal import JSON

/// Says which layers of a model are meant.
public enum LayerSelector: Hashable, Sendable {
  /// Every layer.
  case all
  /// Layers whose path matches a pattern: `*` stands for anything inside one part of the path, `**` across parts, `?` for one
  /// letter. `backbone/…` and `head/…` name the two sections of a model whatever the layers are called, and `backbone/*` and
  /// `head/*` are all of them, also where their paths have more parts.
  case matching(String)
  /// The layers of one freeze group of the architecture: `block5`.
  case group(String)
  /// A layer and all its ancestors.
  case through(String)
  /// All ancestors of a layer, without itself.
  case before(String)
  /// A layer and everything that depends on it.
  case from(String)
}

/// A selector that cannot be resolved: what was asked for, and what there is.
public struct SelectionError: Error, Hashable, CustomStringConvertible {
  public var message: String

  public init(_ message: String) { self.message = message }

  public var description: String { message }
}

extension Model {
  /// The layers that a selector means, as indices into `instances`; never none.
  public func layers(_ selector: LayerSelector) throws(SelectionError) -> Set<Int> {
    switch selector {
    case .all: return Set(instances.indices)
    case .matching(let pattern):
      let glob = Glob(pattern)
      let found = instances.indices.filter { index in
        pattern == instances[index].section.rawValue + "/*" || glob.matches(instances[index].path)
          || glob.matches(sectionPath(index))
      }
      guard !found.isEmpty else { throw SelectionError("no layer matches \"\(pattern)\". \(namesLike(pattern))") }
      return Set(found)
    case .group(let name):
      let found = instances.indices.filter { instances[$0].group == name }
      guard !found.isEmpty else {
        let groups = groups
        throw SelectionError(
          groups.isEmpty
            ? "there is no freeze group \"\(name)\": this model has none. Name layers instead."
            : "there is no freeze group \"\(name)\". The groups are \(groups.joined(separator: ", ")).")
      }
      return Set(found)
    case .through(let path): return try chain(path, includingSelf: true) { ancestors(of: $0) }
    case .before(let path): return try chain(path, includingSelf: false) { ancestors(of: $0) }
    case .from(let path): return try chain(path, includingSelf: true) { descendants(of: $0) }
    }
  }

  /// The freeze groups of the architecture, in order.
  public var groups: [String] {
    var seen = Set<String>()
    return instances.compactMap(\.group).filter { seen.insert($0).inserted }
  }

  /// `backbone/conv1`, `head/dense`.
  func sectionPath(_ index: Int) -> String { instances[index].section.rawValue + "/" + instances[index].path }

  private func chain(
    _ path: String, includingSelf: Bool, _ reach: ([ValueID]) -> Set<ValueID>
  ) throws(SelectionError) -> Set<Int> {
    // The path of a nested model stands for all its layers: it may have branches, and the last to be listed ends only one.
    let own = try part(path)
    let values = reach(nodes.filter { own.contains($0.instance) }.map(\.output))
    var found = Set(nodes.filter { values.contains($0.output) }.map(\.instance))
    if includingSelf { found.formUnion(own) } else { found.subtract(own) }
    guard !found.isEmpty else { throw SelectionError("no layer stands before \"\(path)\"") }
    return found
  }

  /// A sentence that names the layers nearest to a name that was not found.
  func namesLike(_ name: String) -> String {
    var candidates = instances.map(\.path)
    candidates += containers.dropFirst().map(\.name)
    if name.contains("/") { candidates += instances.indices.map(sectionPath) }
    candidates += groups
    return Suggestion.sentence(for: name, among: candidates)
  }
}
