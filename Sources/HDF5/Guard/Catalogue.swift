import CHDF5

/// What is in a file, told when it is opened: all names, small values and descriptions, so that a model of a thousand
/// tensors takes one message and not thousands.
///
/// It may be incomplete, and holds no errors: what is not in it is asked for.
struct Catalogue: Sendable {
  struct Entry: Sendable {
    /// What is in it, if it is a group.
    var children: [HDF5Group.Child]?
    /// What it is, if it is a dataset.
    var description: DatasetDescription?
    var attributeNames: [String] = []
    var attributes: [String: AttributeValue] = [:]
  }

  /// What was found, by its path over hard links.
  private(set) var entries: [String: Entry] = [:]

  /// The most objects, and the most bytes of attributes.
  static let entryLimit = 1 << 14
  static let byteLimit = 32 << 20

  init() {}

  /// The answer to a request, if it is known here.
  func answer(_ request: Request) -> Answer? {
    switch request {
    case .children(let path): entries[path]?.children.map { .children($0) }
    case .contains(let path): contains(path).map { .truth($0) }
    case .group(let path): entries[path]?.children == nil ? nil : .path(path)
    case .dataset(let path): entries[path]?.description.map { .description($0) }
    case .attributeNames(let path): entries[path].map { .names($0.attributeNames) }
    case .attribute(let name, let path): attribute(name, path)
    case .layout, .floats, .integers, .strings, .bytes: nil
    }
  }

  private func contains(_ path: String) -> Bool? {
    if entries[path] != nil { return true }
    guard let slash = path.lastIndex(of: "/") else { return nil }
    let name = path[path.index(after: slash)...]
    guard let siblings = entries[slash == path.startIndex ? "/" : String(path[..<slash])]?.children else { return nil }
    return siblings.contains { $0.name == name } ? nil : false
  }

  private func attribute(_ name: String, _ path: String) -> Answer? {
    guard let entry = entries[path] else { return nil }
    guard entry.attributeNames.contains(name) else { return .attribute(nil) }
    return entry.attributes[name].map { .attribute($0) }
  }

  mutating func add(_ entry: Entry, at path: String) { entries[path] = entry }
}

extension Session {
  /// Looks at everything in the file, until it is too much.
  func catalogue() -> Catalogue {
    var walk = CatalogueWalk()
    // What cannot be read is left out, here and below; asked for, it is an error.
    if let root = unsafe try? owned(H5Oopen(file, "/", chdf5_default()), "") {
      visit(OpenObject(id: root, kind: .group, path: "/"), depth: 0, &walk)
    }
    return walk.catalogue
  }

  private func visit(_ object: borrowing OpenObject, depth: Int, _ walk: inout CatalogueWalk) {
    guard depth <= 32, walk.isGoing, let header = try? headerAddress(object), walk.visited.insert(header).inserted
    else { return }
    var entry = Catalogue.Entry()
    guard let names = try? attributeNames(of: object) else { return }
    entry.attributeNames = names
    for name in names where walk.isGoing {
      guard let found = try? attribute(name, of: object) else { continue }
      entry.attributes[name] = found
      walk.byteCount += found.byteCount
    }
    switch object.kind {
    case .dataset:
      guard let description = try? describe(object) else { return }
      entry.description = description
      walk.catalogue.add(entry, at: object.path)
    case .group:
      guard let links = try? links(of: object) else { return }
      var children: [HDF5Group.Child] = []
      for (name, link) in links {
        guard link == CHDF5_LINK_HARD else {
          children.append(HDF5Group.Child(name: name, kind: kind(of: link)))
          continue
        }
        let id = unsafe H5Oopen(object.id.raw, name, chdf5_default())
        guard id >= 0 else {
          children.append(HDF5Group.Child(name: name, kind: .unreadable))
          continue
        }
        let child = Identifier(owning: id)
        let kind = objectKind(child)
        children.append(HDF5Group.Child(name: name, kind: self.kind(of: kind)))
        let path = object.path == "/" ? "/" + name : object.path + "/" + name
        visit(OpenObject(id: child, kind: kind, path: path), depth: depth + 1, &walk)
      }
      entry.children = children
      walk.catalogue.add(entry, at: object.path)
    case .other: return
    }
  }
}

/// How far the walk has come.
private struct CatalogueWalk {
  var catalogue = Catalogue()
  /// Groups may contain one another in a circle.
  var visited: Set<UInt64> = []
  var byteCount = 0

  var isGoing: Bool { visited.count < Catalogue.entryLimit && byteCount < Catalogue.byteLimit }
}

extension AttributeValue {
  fileprivate var byteCount: Int {
    switch self {
    case .string(let text): text.utf8.count
    case .strings(let texts, _): texts.reduce(0) { $0 + $1.utf8.count + 16 }
    case .integers(let values, _): 8 * values.count
    case .floats(let values, _): 8 * values.count
    }
  }
}

extension Catalogue {
  func write(to wire: inout WireWriter) {
    wire.write(list: Array(entries)) { wire, element in
      let (path, entry) = element
      wire.write(path)
      wire.write(optional: entry.children) { $0.write(list: $1) { $1.write(to: &$0) } }
      wire.write(optional: entry.description) { $1.write(to: &$0) }
      wire.write(list: entry.attributeNames) { wire, name in
        wire.write(name)
        wire.write(optional: entry.attributes[name]) { $1.write(to: &$0) }
      }
    }
  }

  init(from wire: inout WireReader) throws(Damage) {
    let list = try wire.list { wire throws(Damage) in
      let path = try wire.text()
      var entry = Entry()
      entry.children = try wire.optional { wire throws(Damage) in
        try wire.list { wire throws(Damage) in try HDF5Group.Child(from: &wire) }
      }
      entry.description = try wire.optional { wire throws(Damage) in try DatasetDescription(from: &wire) }
      let attributes = try wire.list { wire throws(Damage) in
        (name: try wire.text(), value: try wire.optional { wire throws(Damage) in try AttributeValue(from: &wire) })
      }
      for (name, value) in attributes {
        entry.attributeNames.append(name)
        entry.attributes[name] = value
      }
      return (path: path, entry: entry)
    }
    for (path, entry) in list { entries[path] = entry }
  }
}
