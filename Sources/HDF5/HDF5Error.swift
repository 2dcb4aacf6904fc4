/// What went wrong with an HDF5 file: which file, which object in it, why, and what to do about it.
public struct HDF5Error: Error, Hashable, Sendable, CustomStringConvertible {
  /// What a program can tell apart.
  public enum Kind: Hashable, Sendable {
    /// There is no such file.
    case missingFile
    /// The file is a directory, or may not be read.
    case unreadableFile
    /// The file holds something else than HDF5.
    case notHDF5
    /// The file is HDF5, but truncated or inconsistent.
    case damaged
    /// The file has no such group, dataset or attribute.
    case missingObject
    /// The object is there, but of another type than asked for.
    case wrongType
    /// The object could be read, but reading it would leave the file or run code that the file chooses.
    case refused
    /// The object declares more values than the caller allows, or than the file can hold.
    case tooLarge
    /// The file cannot be created or written.
    case cannotWrite
  }

  public var kind: Kind
  /// The path of the file, as it was given.
  public var file: String
  /// The path of the object in the file, if the trouble is with one object.
  public var object: String?
  /// What went wrong.
  public var problem: String
  /// libhdf5's own, innermost reason.
  public var reason: String?
  /// What to do about it.
  public var remedy: String?

  init(
    _ kind: Kind, file: String, object: String? = nil, problem: String, reason: String? = nil, remedy: String? = nil
  ) {
    self.kind = kind
    self.file = file
    self.object = object
    self.problem = problem
    self.reason = reason
    self.remedy = remedy
  }

  public var description: String {
    var text = "\(file): "
    if let object { text += "\(object): " }
    text += problem
    if let reason { text += " (libhdf5: \(reason))" }
    if let remedy { text += ". \(remedy)" }
    return text
  }
}
