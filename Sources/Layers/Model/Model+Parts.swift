extension Model {
  /// The value that a layer or a nested model puts out, at its last call.
  ///
  /// - Parameter path: of a layer or of a nested model, with or without its section in front.
  public func output(of path: String) throws(SelectionError) -> ValueID {
    let own = Set(try part(path))
    if own.count == 1, let node = nodes.last(where: { own.contains($0.instance) }) { return node.output }
    let inside = nodes.filter { own.contains($0.instance) }
    let used = Set(nodes.filter { own.contains($0.instance) }.flatMap(\.inputs))
    let usedOutside = Set(nodes.filter { !own.contains($0.instance) }.flatMap(\.inputs)).union(outputs)
    let ends = inside.map(\.output).filter { usedOutside.contains($0) || !used.contains($0) }
    guard let end = ends.first, ends.count == 1 else {
      throw SelectionError(
        "\"\(path)\" puts out \(ends.count) values; name one of its layers, such as \(examples(own))")
    }
    return end
  }

  /// The value that goes into a layer or a nested model, at its first call.
  ///
  /// - Parameter path: of a layer or of a nested model, with or without its section in front.
  public func input(of path: String) throws(SelectionError) -> ValueID {
    let own = Set(try part(path))
    if own.count == 1, let node = nodes.first(where: { own.contains($0.instance) }) {
      guard node.inputs.count == 1 else {
        throw SelectionError("\"\(path)\" has \(node.inputs.count) inputs; name a layer with one")
      }
      return node.inputs[0]
    }
    let inside = nodes.filter { own.contains($0.instance) }
    let outputs = Set(inside.map(\.output))
    let entries = Set(inside.flatMap(\.inputs)).subtracting(outputs)
    guard let entry = entries.first, entries.count == 1 else {
      throw SelectionError(
        "\"\(path)\" takes \(entries.count) values; name one of its layers, such as \(examples(own))")
    }
    return entry
  }

  /// The layers that a path stands for: one, or all of a nested model. A path may name its section.
  func part(_ path: String) throws(SelectionError) -> [Int] {
    let sections = ModelSection.allCases.map { $0.rawValue + "/" }
    let bare = sections.first { path.hasPrefix($0) }.map { String(path.dropFirst($0.count)) } ?? path
    for path in [path, bare] {
      if let index = instanceIndex(path) { return [index] }
      let inside = instances.indices.filter { instances[$0].path.hasPrefix(path + "/") }
      if !inside.isEmpty { return inside }
    }
    throw SelectionError("no layer is called \"\(path)\". \(namesLike(path))")
  }

  private func examples(_ own: Set<Int>) -> String {
    let shown = own.sorted().suffix(2).map { "\"\(instances[$0].path)\"" }
    return shown.joined(separator: " or ")
  }
}
