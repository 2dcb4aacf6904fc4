internal import HDF5

/// What is wrong with a Keras file: which file, where in it, what was expected and found, and what to do about it.
public struct KerasError: Error, Hashable, CustomStringConvertible {
  /// What a program can tell apart.
  public enum Kind: Hashable, Sendable {
    /// There is no such file.
    case missingFile
    /// The file is a folder, or may not be read.
    case unreadableFile
    /// The file holds something else than a Keras model.
    case notAModel
    /// A Keras model that this version cannot read.
    case unsupported
    /// Truncated or inconsistent.
    case damaged
    /// Weights that do not fit the model.
    case mismatch
    /// The file cannot be written.
    case cannotWrite
  }

  public var kind: Kind
  /// The path of the file, as it was given.
  public var file: String
  /// The layer or tensor that the trouble is with.
  public var place: String?
  public var problem: String
  /// What to do about it.
  public var remedy: String?

  public init(_ kind: Kind, file: String, place: String? = nil, _ problem: String, remedy: String? = nil) {
    self.kind = kind
    self.file = file
    self.place = place
    self.problem = problem
    self.remedy = remedy
  }

  public var description: String {
    var text = "\(file): "
    if let place { text += "\(place): " }
    text += problem
    if let remedy { text += (text.last.map { ".!?".contains($0) } ?? true ? " " : ". ") + remedy }
    return text
  }
}

extension KerasError {
  /// - Parameter file: the path to name where it is not the one that HDF5 was given.
  init(_ error: HDF5Error, file: String? = nil) {
    let kind: Kind =
      switch error.kind {
      case .missingFile: .missingFile
      case .unreadableFile: .unreadableFile
      case .notHDF5: .notAModel
      case .damaged, .missingObject, .wrongType, .tooLarge: .damaged
      case .refused: .unsupported
      case .cannotWrite: .cannotWrite
      }
    let reason = error.reason.map { " (libhdf5: \($0))" } ?? ""
    self.init(kind, file: file ?? error.file, place: error.object, error.problem + reason, remedy: error.remedy)
  }
}

/// Runs `body` and gives its errors the form of this module.
func keras<Result>(_ body: () throws(HDF5Error) -> Result) throws(KerasError) -> Result {
  do throws(HDF5Error) { return try body() } catch { throw KerasError(error) }
}
