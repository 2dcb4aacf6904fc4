internal import HDF5
internal import JSON

/// The groups and datasets of an HDF5 file as a tree, read within limits: what Keras 3's layout of weights is made of.
struct GroupTree: Sendable {
  /// From the root of the file.
  var path = "/"
  /// The attribute `name`, in which recent versions of Keras keep the name of a layer.
  var name: String?
  var groups: OrderedDictionary<String, GroupTree> = [:]
  var tensors: OrderedDictionary<String, StoredTensor> = [:]

  /// Far beyond any model, and soon reached by a circle of groups.
  private static let depthLimit = 48
  private static let countLimit = 200_000

  init() {}

  /// - Parameter part: the file's name, where the tree is spread over several.
  init(reading root: HDF5Group, _ file: String, part: String? = nil) throws(KerasError) {
    var count = 0
    try self.init(reading: root, file, part, depth: 0, &count)
  }

  private init(
    reading group: HDF5Group, _ file: String, _ part: String?, depth: Int, _ count: inout Int
  ) throws(KerasError) {
    path = group.path
    let children = try keras { () throws(HDF5Error) in try group.children() }
    count += children.count
    guard depth < Self.depthLimit, count < Self.countLimit else {
      throw KerasError(
        .damaged, file: file, place: path,
        "has more than \(Self.depthLimit) groups in one another, or more than \(Self.countLimit) in all")
    }
    if group.path.hasSuffix("/vars") {
      name = try keras { () throws(HDF5Error) in
        try group.attributes.names().contains("name") ? try group.attributes["name"]?.string : nil
      }
    }
    for child in children {
      let place = path == "/" ? "/" + child.name : path + "/" + child.name
      switch child.kind {
      case .group:
        let inner = try keras { () throws(HDF5Error) in try group.group(at: child.name) }
        // Keras on Windows has written whole paths as one name.
        insert(
          try GroupTree(reading: inner, file, part, depth: depth + 1, &count),
          at: child.name.split(separator: "\\").map(String.init)[...])
      case .dataset:
        let dataset = try keras { () throws(HDF5Error) in try group.dataset(at: child.name) }
        tensors[child.name] = try StoredTensor(name: child.name, dataset: dataset, file: file, part: part)
      case .softLink, .externalLink:
        throw KerasError(
          .unsupported, file: file, place: place, "is a link, which files of this kind never hold",
          remedy: "Copy what it leads to in its place.")
      case .other, .unreadable:
        throw KerasError(.damaged, file: file, place: place, "is neither a group nor a dataset that can be read")
      }
    }
  }

  private mutating func insert(_ tree: GroupTree, at path: ArraySlice<String>) {
    guard let first = path.first else { return }
    if path.count == 1 {
      groups[first] = groups[first].map { $0.merged(with: tree) } ?? tree
    } else {
      groups[first, default: GroupTree()].insert(tree, at: path.dropFirst())
    }
  }

  /// This tree and what another file holds of it.
  func merged(with other: GroupTree) -> GroupTree {
    var result = self
    result.name = name ?? other.name
    for (key, tensor) in other.tensors where result.tensors[key] == nil { result.tensors[key] = tensor }
    for (key, group) in other.groups { result.groups[key] = result.groups[key]?.merged(with: group) ?? group }
    return result
  }

  /// All tensors in it and below it.
  var allTensors: [StoredTensor] { tensors.values + groups.values.flatMap(\.allTensors) }
}
