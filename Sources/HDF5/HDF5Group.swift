import CHDF5

/// A group: a folder within a file, with attributes.
///
/// A group is a path and the open file; it holds nothing else, and looks into the file each time it is asked. Paths are
/// relative to the group, with slashes between names. They follow soft links within the file, but never a link to another.
public struct HDF5Group: Sendable {
  let file: OpenFile
  /// The path from the root of the file.
  public let path: String

  /// One name in a group.
  public struct Child: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
      case group
      case dataset
      case softLink
      case externalLink
      /// A named type, or a link of unknown kind.
      case other
      /// What libhdf5 cannot open: it is damaged, or of a newer format.
      case unreadable
    }
    public var name: String
    public var kind: Kind
  }

  public var attributes: HDF5Attributes { HDF5Attributes(file: file, path: path) }

  /// What is in the group, in the order of the names' bytes.
  ///
  /// Groups may contain one another in a circle; a caller that descends limits its depth.
  public func children() throws(HDF5Error) -> [Child] {
    try file.locked { session throws(HDF5Error) in
      let group = try session.open(path, as: .group)
      var children: [Child] = []
      for (name, link) in try session.links(of: group) {
        let kind: Child.Kind =
          switch link {
          case CHDF5_LINK_HARD: session.childKind(name, of: group)
          case CHDF5_LINK_SOFT: .softLink
          case CHDF5_LINK_EXTERNAL: .externalLink
          default: .other
          }
        children.append(Child(name: name, kind: kind))
      }
      return children
    }
  }

  /// Whether there is a group or dataset at `path`.
  public func contains(_ path: String) throws(HDF5Error) -> Bool {
    try file.locked { session throws(HDF5Error) in
      switch try session.find(absolute(path)) {
      case .some: true
      case nil: false
      }
    }
  }

  public func group(at path: String) throws(HDF5Error) -> HDF5Group {
    let found = try file.locked { session throws(HDF5Error) in
      try session.open(absolute(path), as: .group).path
    }
    return HDF5Group(file: file, path: found)
  }

  public func dataset(at path: String) throws(HDF5Error) -> HDF5Dataset {
    let description = try file.locked { session throws(HDF5Error) in
      let object = try session.open(absolute(path), as: .dataset)
      return try session.describe(object)
    }
    return HDF5Dataset(file: file, description: description)
  }

  func absolute(_ relative: String) -> String { path + "/" + relative }
}
