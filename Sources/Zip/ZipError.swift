/// What is wrong with a zip archive: which file, which member of it, and why.
public struct ZipError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What a program can tell apart.
  public enum Kind: Hashable, Sendable {
    /// There is no such file.
    case missingFile
    /// The file is a folder, or may not be read.
    case unreadableFile
    /// The file is no zip archive.
    case notAnArchive
    /// Truncated, inconsistent, or made to mislead.
    case damaged
    /// A feature that is not read here: encryption, several disks, another method of compression.
    case unsupported
    /// A member is larger than the caller allows, or than its packed bytes can hold.
    case tooLarge
    /// The archive has no such member.
    case missingMember
    /// The archive cannot be created or written.
    case cannotWrite
  }

  public var kind: Kind
  /// The path of the archive, as it was given.
  public var file: String
  /// The name of the member that the trouble is with.
  public var member: String?
  public var problem: String

  init(_ kind: Kind, file: String, member: String? = nil, _ problem: String) {
    self.kind = kind
    self.file = file
    self.member = member
    self.problem = problem
  }

  public var description: String { "\(file): \(member.map { "\($0): " } ?? "")\(problem)" }
}
