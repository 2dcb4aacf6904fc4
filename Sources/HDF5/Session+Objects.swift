import CHDF5

/// An open group, dataset or named type, with the path that leads to it over hard links only.
struct OpenObject: ~Copyable {
  enum Kind: String {
    case group, dataset
    case other = "named type"
  }

  let id: Identifier
  let kind: Kind
  let path: String
}

extension Session {
  /// The object at `path`; a soft link is followed within the file, an external link never.
  func open(_ path: String) throws(HDF5Error) -> OpenObject {
    guard let object = try find(path) else {
      throw refusal(
        .missingObject, "there is no such object in the file", at: Session.joined(Session.components(of: path)))
    }
    return object
  }

  func open(_ path: String, as kind: OpenObject.Kind) throws(HDF5Error) -> OpenObject {
    let object = try open(path)
    guard object.kind == kind else {
      throw refusal(.wrongType, "is a \(object.kind.rawValue), not a \(kind.rawValue)", at: object.path)
    }
    return object
  }

  /// Walks to `path` link by link, so that none of them leads out of the file unseen. `nil` if a link is missing.
  func find(_ path: String) throws(HDF5Error) -> OpenObject? {
    var pending = Array(Session.components(of: path).reversed())
    var walked: [String] = []
    var softLinkCount = 0
    var current = try owned(unsafe H5Oopen(file, "/", chdf5_default()), "its root group cannot be opened")
    var kind = OpenObject.Kind.group
    while let name = pending.popLast() {
      let here = Session.joined(walked + [name])
      guard kind == .group, try exists(name, in: current, at: here) else { return nil }
      switch try link(name, in: current, at: here) {
      case .hard:
        current = try owned(unsafe H5Oopen(current.raw, name, chdf5_default()), "cannot be opened", at: here)
        kind = objectKind(current)
        walked.append(name)
      case .soft(let target):
        softLinkCount += 1
        guard softLinkCount <= 16 else {
          throw refusal(
            .damaged, "soft links lead in a circle, or too far", at: Session.joined(Session.components(of: path)))
        }
        pending += Session.components(of: target).reversed()
        if target.hasPrefix("/") {
          walked = []
          current = try owned(unsafe H5Oopen(file, "/", chdf5_default()), "its root group cannot be opened")
        }
      case .external(let target):
        throw refusal(
          .refused, "is a link to another file, \(target), which is not followed", at: here,
          remedy: "Copy the data into one file.")
      case .other:
        throw refusal(.refused, "is a link of a kind that libhdf5 does not define", at: here)
      }
    }
    return OpenObject(id: current, kind: kind, path: Session.joined(walked))
  }

  enum Link {
    case hard
    case soft(String)
    case external(String)
    case other
  }

  func exists(_ name: String, in group: borrowing Identifier, at path: String) throws(HDF5Error) -> Bool {
    try check(unsafe H5Lexists(group.raw, name, chdf5_default()), "cannot be looked up", at: path) > 0
  }

  func link(_ name: String, in group: borrowing Identifier, at path: String) throws(HDF5Error) -> Link {
    var size = 0
    let kind = try check(unsafe chdf5_link(group.raw, name, &size), "its link cannot be read", at: path)
    switch chdf5_link(rawValue: kind) {
    case CHDF5_LINK_HARD: return .hard
    case CHDF5_LINK_SOFT:
      return .soft(try text(try linkValue(name, in: group, size: size, at: path), at: path))
    case CHDF5_LINK_EXTERNAL:
      // A byte of version and flags, then the file's and the object's name, each closed by a NUL.
      let value = try linkValue(name, in: group, size: size, at: path)
      return .external(String(decoding: value.dropFirst().prefix { $0 != 0 }, as: UTF8.self))
    default: return .other
    }
  }

  private func linkValue(
    _ name: String, in group: borrowing Identifier, size: Int, at path: String
  ) throws(HDF5Error) -> [UInt8] {
    // A link lies in its group's heap or header, so it is short; a damaged one may claim anything.
    guard size <= 1 << 16 else { throw refusal(.damaged, "its link cannot be read", at: path) }
    var value = [UInt8](repeating: 0, count: size)
    let status = unsafe value.withUnsafeMutableBytes { bytes in
      unsafe H5Lget_val(group.raw, name, bytes.baseAddress, bytes.count, chdf5_default())
    }
    try check(status, "its link cannot be read", at: path)
    return value
  }

  /// Where the object's header stands in the file.
  func headerAddress(_ object: borrowing OpenObject) throws(HDF5Error) -> UInt64 {
    var address: UInt64 = 0
    try check(unsafe chdf5_header_address(object.id.raw, &address), "cannot be found", at: object.path)
    return address
  }

  func objectKind(_ id: borrowing Identifier) -> OpenObject.Kind {
    switch H5Iget_type(id.raw) {
    case H5I_GROUP: .group
    case H5I_DATASET: .dataset
    default: .other
    }
  }

  /// The names in a group and the kinds of their links, in the order of the names.
  func links(of group: borrowing OpenObject) throws(HDF5Error) -> [(name: String, kind: chdf5_link)] {
    let id = group.id.raw
    let names = try unsafe visitedNames(at: group.path) { visitor, context in
      unsafe chdf5_visit_links(id, visitor, context)
    }
    return names.map { ($0.name, chdf5_link(rawValue: $0.kind)) }
  }

  func children(of group: borrowing OpenObject) throws(HDF5Error) -> [HDF5Group.Child] {
    var children: [HDF5Group.Child] = []
    for (name, link) in try links(of: group) {
      let kind = link == CHDF5_LINK_HARD ? childKind(name, of: group) : kind(of: link)
      children.append(HDF5Group.Child(name: name, kind: kind))
    }
    return children
  }

  private func childKind(_ name: String, of group: borrowing OpenObject) -> HDF5Group.Child.Kind {
    let opened = unsafe H5Oopen(group.id.raw, name, chdf5_default())
    guard opened >= 0 else { return .unreadable }
    return kind(of: objectKind(Identifier(owning: opened)))
  }

  func kind(of object: OpenObject.Kind) -> HDF5Group.Child.Kind {
    switch object {
    case .group: .group
    case .dataset: .dataset
    case .other: .other
    }
  }

  /// The kind of a link that is not followed.
  func kind(of link: chdf5_link) -> HDF5Group.Child.Kind {
    switch link {
    case CHDF5_LINK_SOFT: .softLink
    case CHDF5_LINK_EXTERNAL: .externalLink
    default: .other
    }
  }

  func attributeNames(of object: borrowing OpenObject) throws(HDF5Error) -> [String] {
    let id = object.id.raw
    return try unsafe visitedNames(at: object.path) { visitor, context in
      unsafe chdf5_visit_attributes(id, visitor, context)
    }.map(\.name)
  }

  private func visitedNames(
    at path: String,
    visit: (chdf5_visitor?, UnsafeMutableRawPointer?) -> herr_t
  ) throws(HDF5Error) -> [(name: String, kind: Int32)] {
    var found: [(name: [UInt8], kind: Int32)] = []
    let status = unsafe withUnsafeMutablePointer(to: &found) { list in
      // The visitor is called only while `list` lives, with the list as its context and a NUL-terminated name.
      unsafe visit(
        { context, name, kind in
          guard let context = unsafe context, let name = unsafe name else { return }
          let list = unsafe context.assumingMemoryBound(to: [(name: [UInt8], kind: Int32)].self)
          let bytes = unsafe UnsafeBufferPointer(start: name, count: strlen(name))
          unsafe list.pointee.append((bytes.map { UInt8(bitPattern: $0) }, kind))
        }, UnsafeMutableRawPointer(list))
    }
    try check(status, "its names cannot be listed", at: path)
    var names: [(name: String, kind: Int32)] = []
    for entry in found.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
      names.append((try text(entry.name, at: path), entry.kind))
    }
    return names
  }

  // MARK: Paths and text

  static func components(of path: String) -> [String] {
    path.split(separator: "/").filter { $0 != "." }.map(String.init)
  }

  static func joined(_ components: [String]) -> String { "/" + components.joined(separator: "/") }

  /// UTF-8, of which ASCII is a part, up to the first NUL.
  func text(_ bytes: some Collection<UInt8>, at path: String) throws(HDF5Error) -> String {
    guard let text = String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self) else {
      throw refusal(.damaged, "holds text that is not UTF-8", at: path)
    }
    return text
  }
}
