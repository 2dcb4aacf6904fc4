/// A group: a folder within a file, with attributes.
///
/// A group is a path and the open file; it holds nothing else, and looks into the file each time it is asked. Paths are
/// relative to the group, with slashes between names. They follow soft links within the file, but never a link to another.
public struct HDF5Group: Sendable {
  let file: FileAccess
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
    try file.ask(.children(path), about: path) { if case .children(let found) = $0 { found } else { nil } }
  }

  /// Whether there is a group or dataset at `path`.
  public func contains(_ path: String) throws(HDF5Error) -> Bool {
    let path = absolute(path)
    return try file.ask(.contains(path), about: path) { if case .truth(let found) = $0 { found } else { nil } }
  }

  public func group(at path: String) throws(HDF5Error) -> HDF5Group {
    let path = absolute(path)
    let found = try file.ask(.group(path), about: path) { if case .path(let found) = $0 { found } else { nil } }
    return HDF5Group(file: file, path: found)
  }

  public func dataset(at path: String) throws(HDF5Error) -> HDF5Dataset {
    let path = absolute(path)
    let description = try file.ask(.dataset(path), about: path) {
      if case .description(let found) = $0 { found } else { nil }
    }
    return HDF5Dataset(file: file, description: description)
  }

  func absolute(_ relative: String) -> String { Session.joined(Session.components(of: path + "/" + relative)) }
}
